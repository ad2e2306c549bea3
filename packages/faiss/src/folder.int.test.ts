import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStore } from "./faiss-store.ts";
import { withFolderLock } from "./files/folder-lock.ts";
import { buildPackage } from "./testing/built-package.ts";
import { applyToStore } from "./testing/history.mjs";

let folder: string;
let built: Awaited<ReturnType<typeof buildPackage>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-folder-"));
  built = await buildPackage();
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await built.remove();
});

async function smallStore(): Promise<FaissStore> {
  const store = await FaissStore.create({ dimension: 16, engine: "builtin" });
  await applyToStore(store, 1);
  return store;
}

describe("writers of the same folder", () => {
  it("do not overwrite each other's changes by default", async () => {
    const directory = join(folder, "two");
    const first = await smallStore();
    await first.save(directory);
    const second = await FaissStore.open(directory, { engine: "builtin" });
    await first.delete("step");
    await first.save(directory);
    await applyToStore(second, 2);
    await expect(second.save(directory)).rejects.toMatchObject({ code: "STORE_CHANGED" });
    expect((await FaissStore.open(directory)).ids()).toEqual(first.ids());
    await second.save(directory, { overwrite: true });
    expect((await FaissStore.open(directory)).ids()).toEqual(second.ids());
  });

  it("remember every folder that they saved to", async () => {
    const directory = join(folder, "one-of-two");
    const first = await smallStore();
    await first.save(directory);
    await first.save(join(folder, "the-other"));
    const second = await FaissStore.open(directory, { engine: "builtin" });
    await second.delete("step");
    await second.save(directory);
    await applyToStore(first, 2);
    await expect(first.save(directory)).rejects.toMatchObject({ code: "STORE_CHANGED" });
    await first.save(join(folder, "the-other"));
    expect((await FaissStore.open(join(folder, "the-other"))).ids()).toEqual(first.ids());
    expect((await FaissStore.open(directory)).ids()).toEqual(second.ids());
  });

  it.each([
    ["a symbolic link to the folder", (path: string, other: string) => symlink(path, other)],
    ["the folder's new name", (path: string, other: string) => rename(path, other)],
    ["a copy of the folder", (path: string, other: string) => cp(path, other, { recursive: true })],
  ])("are noticed through %s", async (_, give) => {
    const [directory, other] = [join(folder, randomUUID()), join(folder, randomUUID())];
    const first = await smallStore();
    await first.save(directory);
    await give(directory, other);
    await first.save(other);
    const second = await FaissStore.open(other, { engine: "builtin" });
    await second.upsert([{ id: "theirs", vector: Array(16).fill(1), record: null }]);
    await second.save(other);
    await first.save(join(folder, randomUUID()));
    await applyToStore(first, 2);
    const unopened = join(folder, randomUUID());
    await give(other, unopened);
    for (const path of [other, unopened].filter((path) => existsSync(path)))
      await expect(first.save(path)).rejects.toMatchObject({ code: "STORE_CHANGED" });
    expect((await FaissStore.open(unopened)).has("theirs")).toBe(true);
    await first.save(unopened, { overwrite: true });
    expect((await FaissStore.open(unopened)).ids()).toEqual(first.ids());
  });

  it("replace a backup that has nothing but older states, in every later process", async () => {
    const [directory, backup] = [join(folder, "original"), join(folder, "backup")];
    await (await smallStore()).save(directory);
    for (let step = 2; step < 5; step++) {
      const store = await FaissStore.open(directory, { engine: "builtin" });
      await store.save(backup);
      await applyToStore(store, step);
      await store.save(directory);
    }
    const older = await FaissStore.open(backup, { engine: "builtin" });
    await older.delete("step");
    await older.save(backup);
    const store = await FaissStore.open(directory, { engine: "builtin" });
    await expect(store.save(backup)).rejects.toMatchObject({ code: "STORE_CHANGED" });
    expect((await FaissStore.open(backup)).has("step")).toBe(false);
  });

  it("do not replace the items of another store by none, unless they are told to", async () => {
    const directory = join(folder, "by-none");
    const full = await smallStore();
    await full.save(directory);
    const empty = await FaissStore.create({ dimension: 16, engine: "builtin" });
    for (const options of [{}, { overwrite: false }])
      await expect(empty.save(directory, options)).rejects.toMatchObject({
        code: "STORE_CHANGED",
        message:
          `The store was not saved to ${directory}: it has 0 items, and the store in that folder ` +
          `has ${full.size} items. To add to that store, load it first. To replace it by an ` +
          "empty one, pass overwrite: true.",
        details: { size: 0, foundSize: full.size },
      });
    expect((await FaissStore.open(directory)).size).toBe(full.size);
    await empty.save(directory, { overwrite: true });
    expect((await FaissStore.open(directory)).size).toBe(0);
    await (await smallStore()).save(directory);
    await (await smallStore()).save(directory); // a new store with items replaces any other
  });

  it("save that all items were deleted, also over an older state in another folder", async () => {
    const [directory, backup] = [join(folder, "emptied"), join(folder, "emptied-backup")];
    await (await smallStore()).save(directory);
    const opened = await FaissStore.open(directory);
    await opened.save(backup);
    await opened.delete(opened.ids());
    await opened.save(directory);
    const emptied = await FaissStore.open(directory);
    expect(emptied.size).toBe(0);
    await emptied.save(backup);
    expect((await FaissStore.open(backup)).size).toBe(0);
  });

  it("do not both save to an empty folder with overwrite: false", async () => {
    const directory = await mkdtemp(join(folder, "begun-"));
    expect(await FaissStore.exists(directory)).toBe(false);
    const [first, second] = [await smallStore(), await smallStore()];
    await first.save(directory, { overwrite: false });
    await first.delete("step");
    await first.save(directory, { overwrite: false });
    await expect(second.save(directory, { overwrite: false })).rejects.toMatchObject({
      code: "STORE_CHANGED",
      message: expect.stringContaining(
        "That folder contains another store, and overwrite: false was given.",
      ),
      details: { directory, found: 2 },
    });
    expect((await FaissStore.open(directory)).ids()).toEqual(first.ids());
    await second.save(directory);
    expect(
      (await FaissStore.open(directory)).ids(),
      "by default, a new store replaces another one",
    ).toEqual(second.ids());
  });

  it("wait for each other, in one store and in several", async () => {
    const directory = join(folder, "at-once");
    const stores = await Promise.all([smallStore(), smallStore(), smallStore()]);
    await Promise.all(stores.map((store) => store.save(directory)));
    expect((await FaissStore.open(directory)).size).toBe(stores[0]!.size);
    const [store] = stores;
    await applyToStore(store!, 2);
    await Promise.all([
      store!.save(directory, { overwrite: true }),
      store!.save(directory),
      store!.save(directory),
    ]);
    expect((await FaissStore.open(directory)).ids()).toEqual(store!.ids());
  });

  it("get an error while another process has the lock, but not after it has died", async () => {
    const directory = join(folder, "locked");
    const store = await smallStore();
    await store.save(directory);
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
    const started = spawnSync("cat", [`/proc/${child.pid}/stat`], { encoding: "utf8" })
      .stdout.split(") ")[1]
      ?.split(" ")[19];
    const lock = join(directory, "faiss-store.lock");
    const owner = { token: "theirs", pid: child.pid, started: started ?? "", host: hostname() };
    await writeFile(lock, JSON.stringify(owner));
    await applyToStore(store, 2);
    await expect(store.save(directory, { lockTimeout: 50 })).rejects.toMatchObject({
      code: "STORE_LOCKED",
      details: { pid: child.pid, host: hostname() },
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    const saving = store.save(directory);
    child.kill("SIGKILL");
    await ended;
    await saving;
    expect(await readdir(directory)).not.toContain("faiss-store.lock");
  });

  it("remove a lock of another machine that has not been updated for two minutes", async () => {
    const directory = join(folder, "foreign");
    await mkdir(directory);
    const lock = join(directory, "faiss-store.lock");
    await writeFile(
      lock,
      JSON.stringify({ token: "theirs", pid: 1, started: "1", host: "elsewhere" }),
    );
    const store = await smallStore();
    await utimes(lock, new Date(), new Date(Date.now() - 60_000));
    await expect(store.save(directory, { lockTimeout: 50 })).rejects.toMatchObject({
      details: { host: "elsewhere" },
    });
    await utimes(lock, new Date(), new Date(Date.now() - 180_000));
    await store.save(directory, { lockTimeout: 50 });
    expect(await readdir(directory)).toHaveLength(3);
  });

  it("leave the lock of a living process in another container of the same host name", async () => {
    const directory = await mkdtemp(join(folder, "container-"));
    const lock = join(directory, "faiss-store.lock");
    const dead = 2 ** 22 + 1; // More than the largest pid of Linux.
    const theirs = { token: "theirs", pid: dead, started: "1", host: hostname() };
    await writeFile(lock, JSON.stringify({ ...theirs, space: "another boot or PID namespace" }));
    const store = await smallStore();
    await expect(store.save(directory, { lockTimeout: 50 })).rejects.toMatchObject({
      code: "STORE_LOCKED",
      message: expect.stringContaining("machine or container"),
    });
    await utimes(lock, new Date(), new Date(Date.now() - 180_000));
    await store.save(directory, { lockTimeout: 50 });
    await writeFile(lock, JSON.stringify(theirs));
    await applyToStore(store, 2);
    await store.save(directory, { lockTimeout: 50 });
  });

  it("leave the lock of a process in another PID namespace", { timeout: 30_000 }, async () => {
    // Where this user may make none, the other process is in the same one.
    const unshare = ["-r", "--pid", "--fork", "--mount-proc"];
    const mayUnshare = spawnSync("unshare", [...unshare, "true"]).status === 0;
    const directory = await mkdtemp(join(folder, "namespace-"));
    const saving = `
      const { FaissStore } = await import(${JSON.stringify(built.entry)});
      const store = await FaissStore.create({ dimension: 2, engine: "builtin" });
      const saved = store.save(${JSON.stringify(directory)}, { lockTimeout: 50 });
      console.log(await saved.catch(({ code }) => code));`;
    await withFolderLock(directory, 50, async () => {
      const node = [process.execPath, "--input-type=module", "-e", saving];
      const command = mayUnshare ? ["unshare", ...unshare, ...node] : node;
      const { stdout } = spawnSync(command[0]!, command.slice(1), { encoding: "utf8" });
      expect(stdout.trim()).toBe("STORE_LOCKED");
    });
  });

  it("notice before the last step that another machine has taken their lock", async () => {
    const directory = await mkdtemp(join(folder, "taken-"));
    const lock = join(directory, "faiss-store.lock");
    const theirs = JSON.stringify({ token: "theirs", pid: 1, started: "1", host: "elsewhere" });
    await withFolderLock(directory, 50, async (checkHeld) => {
      await checkHeld();
      await writeFile(lock, theirs);
      await expect(checkHeld()).rejects.toMatchObject({
        code: "STORE_LOCKED",
        message: expect.stringContaining(
          `now another writer has it (process 1 on elsewhere, lock file ${lock})`,
        ),
        details: { host: "elsewhere" },
      });
      await rm(lock);
      await expect(checkHeld()).rejects.toMatchObject({
        code: "STORE_LOCKED",
        message: expect.stringContaining(`the lock file ${lock} is gone`),
      });
      await writeFile(lock, theirs);
    });
    expect(await readFile(lock, "utf8"), "the other lock stays").toBe(theirs);
  });

  it("remove the lock of a process whose id has been reused", async () => {
    const directory = join(folder, "reused");
    await mkdir(directory);
    const owner = { token: "old", pid: process.ppid, started: "1", host: hostname() };
    await writeFile(join(directory, "faiss-store.lock"), JSON.stringify(owner));
    await (await smallStore()).save(directory);
    expect(await readdir(directory)).toHaveLength(3);
  });
});

describe("FaissStore.exists", () => {
  it("is true if the folder contains a manifest, even a damaged one", async () => {
    const directory = await mkdtemp(join(folder, "there-"));
    const manifest = join(directory, "faiss-store.json");
    for (const file of ["vectors-1-00000000.faiss", "faiss-store.json.1-00000000"])
      await writeFile(join(directory, file), "left by a first save that was interrupted");
    expect(await FaissStore.exists(directory)).toBe(false);
    await (await smallStore()).save(directory);
    expect(await FaissStore.exists(directory)).toBe(true);
    await writeFile(manifest, "damaged");
    expect(await FaissStore.exists(directory)).toBe(true);
    await rm(manifest);
    await mkdir(manifest);
    for (const none of [
      directory,
      join(directory, "missing"),
      join(folder, "there-", "missing"),
      import.meta.filename,
    ]) {
      expect(await FaissStore.exists(none)).toBe(false);
    }
    await expect(FaissStore.exists("")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(FaissStore.exists("x".repeat(5000))).rejects.toMatchObject({
      code: "READ_FAILED",
    });
  });
});

describe("a folder that cannot be written", () => {
  /** Adds to a store and saves it in a new process. Shell commands prepare the disk before. */
  function saveIn(directory: string, shell: string, items: number, options: object) {
    const program = join(import.meta.dirname, "testing/adding-process.mjs");
    const child = [program, built.entry, directory, String(items), JSON.stringify(options)];
    const result = spawnSync("sh", ["-c", `${shell} exec "$0" "$@"`, process.execPath, ...child], {
      encoding: "utf8",
    });
    if (result.status !== 0) throw new Error(`${result.signal} ${result.stderr}`);
    return JSON.parse(result.stdout) as {
      before: number;
      outcome: string;
      after: number;
      hit: string;
    };
  }

  /**
   * Whether this user may mount in new namespaces. If not, the tests limit the size of a file
   * instead.
   */
  const mayMount = spawnSync("unshare", ["-rm", "true"]).status === 0;

  /** Runs the program of `saveIn` in new namespaces, after other commands. */
  function afterMounting(...commands: string[]): string {
    return `exec unshare -rm sh -c '${[...commands, 'exec "$0" "$@"'].join(" && ")}' "$0" "$@"; `;
  }

  it.each([
    ["the vectors", { engine: "builtin" }, 160],
    ["the records", { engine: "builtin" }, 280],
    ["the bytes of the index", { engine: "faiss", scanBelow: 0 }, 640],
  ])(
    "because the disk is full keeps the old state (%s do not fit)",
    { timeout: 60_000 },
    async (_what, options, kibibytes) => {
      const directory = await mkdtemp(join(folder, "full-"));
      const store = await FaissStore.create({
        dimension: 16,
        index: "HNSW16,Flat",
        engine: "builtin",
      });
      await applyToStore(store, 1);
      await store.save(directory);
      const limit = `size=${kibibytes}k`;
      const shell = mayMount
        ? afterMounting(
            `cp -r ${directory} ${directory}-copy`,
            `mount -t tmpfs -o ${limit} tmpfs ${directory}`,
            `cp ${directory}-copy/* ${directory}`,
          )
        : `trap '' XFSZ; ulimit -f ${kibibytes / 2}; `;
      const { before, outcome, after, hit } = saveIn(directory, shell, 3000, options);
      expect(outcome).toMatch(/^SAVE_FAILED /);
      expect(outcome).toContain("What was saved there before is intact.");
      expect(after).toBe(before);
      expect(hit).toBe("added 0");
    },
  );

  it("because the disk is full keeps the old export", { timeout: 30_000 }, async () => {
    const directory = await mkdtemp(join(folder, "export-"));
    const program = join(import.meta.dirname, "testing/exporting-process.mjs");
    const run = (shell: string, items: number) => {
      const child = [program, built.entry, directory, String(items)];
      const args = ["-c", `${shell} exec "$0" "$@"`, process.execPath, ...child];
      return spawnSync("sh", args, { encoding: "utf8" }).stdout.trim();
    };
    const contents = () =>
      Promise.all(["index.faiss", "index.pkl"].map((file) => readFile(join(directory, file))));
    expect(run("", 3)).toBe("exported");
    const before = await contents();
    // The documents are smaller than the limit, the vectors are not.
    expect(run("trap '' XFSZ; ulimit -f 2048;", 200)).toMatch(
      /^SAVE_FAILED.*index\.faiss could not be written/,
    );
    expect(await contents()).toEqual(before);
    expect(await readdir(directory)).toHaveLength(2);
  });

  it("because it is read-only keeps the old state", { timeout: 30_000 }, async () => {
    const directory = await mkdtemp(join(folder, "read-only-"));
    await (await smallStore()).save(directory);
    const shell = mayMount
      ? afterMounting(
          `mount --bind ${directory} ${directory}`,
          `mount -o remount,bind,ro ${directory}`,
        )
      : "";
    if (!mayMount) await chmod(directory, 0o500);
    const { before, outcome, after } = saveIn(directory, shell, 10, { engine: "builtin" });
    await chmod(directory, 0o700);
    expect(outcome).toMatch(/^SAVE_FAILED .*before is intact\. .*Choose a folder/s);
    expect(after).toBe(before);
  });

  it("because /dev/shm is small does not keep FAISS from working", {
    timeout: 60_000,
  }, async () => {
    const directory = await mkdtemp(join(folder, "small-memory-"));
    await (await smallStore()).save(directory);
    const shell = mayMount
      ? afterMounting("mount -t tmpfs -o size=16k tmpfs /dev/shm")
      : "trap '' XFSZ; ulimit -f 4096; ";
    const { before, outcome, after, hit } = saveIn(directory, shell, 20_000, {
      engine: "faiss",
      scanBelow: 0,
    });
    expect(outcome).toBe("saved");
    expect(after).toBe(before + 20_000);
    expect(hit).toBe("added 0");
  });

  it("because it is a file is an error", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const store = await smallStore();
    for (const [path, reason] of [
      [file, "EEXIST: .*\\. The path is a file\\. Choose a folder\\.$"],
      [join(file, "below"), "ENOTDIR: .*\\. Part of the path is a file\\. Choose a folder\\.$"],
    ] as const)
      await expect(store.save(path)).rejects.toMatchObject({
        code: "SAVE_FAILED",
        message: expect.stringMatching(
          new RegExp(`^The store could not be saved to ${path}: ${reason}`),
        ),
      });
    await expect(store.save("")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  // Only Linux has a folder in which not even root can make one: /proc.
  it.runIf(process.platform === "linux")("because the system allows no folder there", async () => {
    const store = await smallStore();
    const path = "/proc/planets";
    const toDocument = () => ({ pageContent: "Mars is red.", metadata: {} });
    for (const call of [
      () => store.save(path),
      () => store.exportLangChainPython(path, { toDocument }),
    ])
      await expect(call()).rejects.toMatchObject({
        code: "SAVE_FAILED",
        message: expect.stringMatching(
          /ENOENT: .*'\/proc\/planets'\. Choose a folder that this user can write\.$/,
        ),
      });
  });
});

describe("the identity of the embedding", () => {
  const identity = {
    model: "tiny",
    revision: "1",
    dtype: "q8",
    dimension: 16,
    prompts: { query: "q: ", document: "d: " },
  };

  it("is saved, and compared by content", async () => {
    const directory = join(folder, "identity");
    const store = await FaissStore.create({ dimension: 16, identity, engine: "builtin" });
    await applyToStore(store, 1);
    await store.save(directory);
    const { prompts, ...rest } = identity;
    const reordered = { prompts: { document: "d: ", query: "q: " }, ...rest };
    expect((await FaissStore.open(directory, { identity: reordered })).identity).toEqual(identity);
    expect((await FaissStore.open(directory)).identity).toEqual(identity);
    for (const other of [
      { ...identity, model: "large" },
      { ...identity, revision: "2" },
      { ...identity, dtype: "fp32" },
      { ...identity, dimension: 8 },
      { ...identity, prompts: { query: "query: " } },
      "tiny",
    ]) {
      const error = await FaissStore.open(directory, { identity: other }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({
        code: "IDENTITY_MISMATCH",
        details: { stored: identity, given: other },
      });
      expect((error as Error).message).toContain(JSON.stringify("tiny"));
      expect(
        (await FaissStore.open(directory, { identity: other, allowMismatch: true })).identity,
      ).toEqual(other);
    }
    await expect(FaissStore.open(directory, { dimension: 8 })).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
    });
  });

  it("is replaced if a store is opened with allowMismatch and saved", async () => {
    const directory = join(folder, "renamed");
    const store = await FaissStore.create({
      dimension: 16,
      identity: "old name",
      engine: "builtin",
    });
    await applyToStore(store, 1);
    await store.save(directory);
    const opened = await FaissStore.open(directory, { identity: "new name", allowMismatch: true });
    await opened.save(directory);
    expect((await FaissStore.open(directory, { identity: "new name" })).ids()).toEqual(store.ids());
  });

  it("says what to do if a folder may be a copy of the repository", async () => {
    const directory = join(folder, "copied");
    const fields = "?dtype=q8&recipe=1.0123456789abcdef&dimension=16";
    const hub = `owner/name@${"0123456789".repeat(4)}${fields}`;
    const copy = `sha256:${"0123abcd".repeat(4)}${fields}`;
    const store = await FaissStore.create({ dimension: 16, identity: hub, engine: "builtin" });
    await applyToStore(store, 1);
    await store.save(directory);
    await expect(FaissStore.open(directory, { identity: copy })).rejects.toThrow(
      /If the folder is a copy of that commit, the vectors agree .*: .*allowMismatch: true/,
    );
  });

  it("does not match a store that has none", async () => {
    const directory = join(folder, "anonymous");
    await (await smallStore()).save(directory);
    await expect(FaissStore.open(directory, { identity: "tiny" })).rejects.toMatchObject({
      code: "IDENTITY_MISMATCH",
      message: expect.stringContaining("The store has no identity"),
    });
  });
});
