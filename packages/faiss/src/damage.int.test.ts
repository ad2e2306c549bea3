import { createHash } from "node:crypto";
import {
  cp,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStoreError } from "./errors.ts";
import { FaissStore } from "./faiss-store.ts";
import { applyToStore } from "./testing/history.mjs";
import { seededRandom } from "./testing/random-vectors.ts";
import { writeSignedManifest } from "./testing/saved-store.ts";
import type { FaissStoreOptions } from "./types.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-damage-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Saves a store with several segments and deleted rows. */
async function savedStore(
  name: string,
  options: FaissStoreOptions,
  firstStep = 1,
): Promise<string> {
  const directory = join(folder, name);
  const store = await FaissStore.create({ dimension: 16, scanBelow: 0, ...options });
  await applyToStore(store, firstStep);
  await store.save(directory);
  for (const step of [firstStep + 1, firstStep + 2, firstStep + 4]) await applyToStore(store, step);
  await store.save(directory);
  return directory;
}

/** Opening the damaged store must fail with an error that names the file. */
async function expectRefused(directory: string, file: string): Promise<void> {
  const error = await FaissStore.open(directory, { scanBelow: 0 }).catch(
    (thrown: unknown) => thrown,
  );
  expect(FaissStoreError.isInstance(error), `the damage to ${file} is not noticed`).toBe(true);
  const { code, message } = error as FaissStoreError;
  expect(["FILE_DAMAGED", "FILE_MISSING", "NOT_A_STORE"]).toContain(code);
  expect(message).toContain(file);
}

it("says that Git may have changed the line ends of its records", async () => {
  const directory = await savedStore("line-ends", { engine: "builtin" });
  const file = (await readdir(directory)).find((name) => name.startsWith("records"))!;
  const text = await readFile(join(directory, file), "utf8");
  const lines = text.split("\n").length - 1;
  await writeFile(join(directory, file), text.replaceAll("\n", "\r\n"));
  await expect(FaissStore.open(directory)).rejects.toThrow(
    ` instead of ${Buffer.byteLength(text)}: it has Windows line ends in ${lines} lines. Git may ` +
      "have changed them: write `* -text` to a .gitattributes file in the folder, and check it " +
      "out again. Restore the folder from a backup,",
  );
});

it("says how to resolve a merge conflict of Git", async () => {
  const directory = await savedStore("conflict", { engine: "builtin" });
  const path = join(directory, "faiss-store.json");
  const [first, ...others] = (await readFile(path, "utf8")).split("\n");
  const lines = [first, "<<<<<<< HEAD", '"size": 1', "=======", '"size": 2', ">>>>>>> main"];
  await writeFile(path, [...lines, ...others].join("\n"));
  const error = await FaissStore.open(directory).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "FILE_DAMAGED",
    details: { path, mergeConflict: true },
    message:
      `${path} has a merge conflict of Git. Take the whole store of your branch with ` +
      `\`git checkout HEAD ${directory}\`, and add again what the other branch has added.`,
  });
});

describe.each<FaissStoreOptions>([
  { engine: "builtin" },
  { engine: "builtin", precision: "int8", searchDimension: 8 },
  { engine: "faiss", index: "HNSW8,Flat" },
])("a saved store with %j", (options) => {
  const name = `${options.index ?? options.precision ?? "flat"}`;
  let original: string;
  let other: string;
  let files: string[];
  beforeAll(async () => {
    original = await savedStore(name, options);
    other = await savedStore(`${name}-other`, options, 50);
    files = await readdir(original);
  });

  async function damagedCopy(label: string): Promise<string> {
    const copy = join(folder, `${name}-${label}`);
    await rm(copy, { recursive: true, force: true });
    await cp(original, copy, { recursive: true });
    return copy;
  }

  it("has the files that these tests damage", () => {
    expect(files.filter((file) => file.startsWith("vectors"))).toHaveLength(2);
    expect(files.some((file) => file.startsWith("deleted"))).toBe(true);
    expect(files.some((file) => file.startsWith("index"))).toBe(options.index !== undefined);
  });

  it("does not open if one bit of a file is flipped", async () => {
    const random = seededRandom(11);
    for (const file of files) {
      const bytes = await readFile(join(original, file));
      for (let round = 0; round < 25; round++) {
        const copy = round === 0 ? await damagedCopy("flipped") : join(folder, `${name}-flipped`);
        const flipped = Buffer.from(bytes);
        const position = Math.floor(random() * bytes.length);
        flipped[position]! ^= 1 << Math.floor(random() * 8);
        await writeFile(join(copy, file), flipped);
        await expectRefused(copy, file);
      }
    }
  });

  it("does not open if a file is shorter or longer", async () => {
    for (const file of files) {
      const { size } = await stat(join(original, file));
      for (const length of [0, 1, size >> 1, size - 1, size + 1]) {
        const copy = await damagedCopy("cut");
        await truncate(join(copy, file), length);
        await expectRefused(copy, file);
      }
    }
  });

  it("does not open if a file is missing or belongs to another store", async () => {
    const others = await readdir(other);
    for (const file of files) {
      const copy = await damagedCopy("lost");
      await rm(join(copy, file));
      await expectRefused(copy, file);
      const twin = others.filter((name) => name.split("-")[0] === file.split("-")[0]).sort()[0];
      if (file === "faiss-store.json" || twin === undefined) continue;
      await cp(join(other, twin), join(copy, file));
      await expectRefused(copy, file);
    }
  });

  it("does not open with another store's manifest; the error names a missing file", async () => {
    const copy = await damagedCopy("manifest");
    await cp(join(other, "faiss-store.json"), join(copy, "faiss-store.json"));
    const error = await FaissStore.open(copy).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "FILE_MISSING",
      message: expect.stringMatching(/vectors-\d+-/),
    });
  });

  it("is intact again after a save to the damaged folder", async () => {
    const copy = await damagedCopy("healed");
    const store = await FaissStore.open(copy, { engine: options.engine });
    const [vectors] = files.filter((file) => file.startsWith("vectors"));
    await rm(join(copy, vectors!));
    await store.save(copy);
    expect((await FaissStore.open(copy)).ids()).toEqual(store.ids());
  });

  it("is replaced by a new store, unless its manifest is damaged", async () => {
    const fresh = await FaissStore.create({ dimension: 16 });
    await applyToStore(fresh, 1);
    for (const file of files) {
      const copy = await damagedCopy(`replaced-${file}`);
      await truncate(join(copy, file), 10);
      if (file === "faiss-store.json")
        await expect(fresh.save(copy)).rejects.toMatchObject({ code: "FILE_DAMAGED" });
      await fresh.save(copy, { overwrite: file === "faiss-store.json" || undefined });
      expect((await FaissStore.open(copy)).ids()).toEqual(fresh.ids());
    }
  });
});

describe("opening", () => {
  it.each([
    ["a folder that does not exist", "nowhere"],
    ["an empty folder", "."],
  ])("refuses %s", async (_what, name) => {
    const empty = await mkdtemp(join(folder, "empty-"));
    await expect(FaissStore.open(join(empty, name))).rejects.toMatchObject({
      code: "NOT_A_STORE",
      message: expect.stringContaining(empty),
    });
  });

  it("refuses a file, a path that is not a string, and another kind of manifest", async () => {
    const directory = await mkdtemp(join(folder, "strange-"));
    const manifest = join(directory, "faiss-store.json");
    await writeFile(manifest, '{"name":"something else"}');
    await expect(FaissStore.open(manifest)).rejects.toMatchObject({ code: "NOT_A_STORE" });
    await expect(FaissStore.open(directory)).rejects.toMatchObject({ code: "NOT_A_STORE" });
    await expect(FaissStore.open(7 as unknown as string)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await writeFile(manifest, "[1, 2]");
    await expect(FaissStore.open(directory)).rejects.toMatchObject({ code: "NOT_A_STORE" });
  });

  it("refuses a manifest with a correct checksum that makes no sense", async () => {
    const directory = await savedStore("signed", { engine: "builtin", precision: "int8" });
    const { checksum: _checksum, ...manifest } = JSON.parse(
      await readFile(join(directory, "faiss-store.json"), "utf8"),
    );
    const [segment] = manifest.segments;
    for (const [changes, code] of [
      [{ segments: null }, "FILE_DAMAGED"],
      [{ segments: [null] }, "FILE_DAMAGED"],
      [{ segments: [{ ...segment, rows: 2 ** 40 }] }, "FILE_DAMAGED"],
      [
        { segments: [{ ...segment, records: { ...segment.records, file: "../../etc/passwd" } }] },
        "FILE_DAMAGED",
      ],
      [{ segments: [{ ...segment, records: segment.vectors }] }, "FILE_DAMAGED"],
      [{ deleted: segment.vectors }, "FILE_DAMAGED"],
      [{ size: "many" }, "FILE_DAMAGED"],
      [{ dimension: 2 ** 40 }, "FILE_DAMAGED"],
      [{ searchDimension: 17 }, "FILE_DAMAGED"],
      [{ index: "Nonsense" }, "FILE_DAMAGED"],
      [{ rescore: "int4" }, "FILE_DAMAGED"],
      [{ nprobe: -1 }, "FILE_DAMAGED"],
    ] as const) {
      await writeSignedManifest(directory, { ...manifest, ...changes });
      const error = await FaissStore.open(directory).catch((thrown: unknown) => thrown);
      expect(FaissStoreError.isInstance(error) && error.code, JSON.stringify(changes)).toBe(code);
    }
  });

  it("builds the index again if FAISS cannot read it", async () => {
    const options = { engine: "faiss", scanBelow: 0 } as const;
    const directory = await savedStore("foreign-index", { ...options, index: "HNSW8,Flat" });
    const intact = await FaissStore.open(directory, options);
    const { checksum: _checksum, ...manifest } = JSON.parse(
      await readFile(join(directory, "faiss-store.json"), "utf8"),
    );
    const bytes = Buffer.from("IxOf another release");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await writeFile(join(directory, manifest.index_file.file), bytes);
    const indexFile = { ...manifest.index_file, bytes: bytes.length, sha256 };
    await writeSignedManifest(directory, { ...manifest, index_file: indexFile });
    const opened = await FaissStore.open(directory, options);
    const query = new Float32Array(16).fill(1);
    expect(await opened.search(query)).toEqual(await intact.search(query));
  });

  it("refuses a newer format", async () => {
    const directory = await mkdtemp(join(folder, "newer-"));
    await writeSignedManifest(directory, { format: "embeddinggemma-faiss-store", version: 99 });
    await expect(FaissStore.open(directory)).rejects.toMatchObject({ code: "NEWER_FORMAT" });
  });

  it("reads one consistent state while another writer saves", async () => {
    const directory = join(folder, "busy");
    const writer = await FaissStore.create({ dimension: 16, engine: "builtin" });
    await applyToStore(writer, 1);
    await writer.save(directory);
    let isWriting = true;
    const writing = (async () => {
      for (let step = 2; step < 20; step++) {
        await applyToStore(writer, step);
        await writer.save(directory);
      }
      isWriting = false;
    })();
    let opened = 0;
    while (isWriting) {
      const store = await FaissStore.open<{ step: number }>(directory, { engine: "builtin" });
      const latest = Math.max(...[...store].map(({ record }) => record.step));
      expect(store.get("step")?.record.step).toBe(latest);
      opened++;
    }
    await writing;
    expect(opened).toBeGreaterThan(3);
  });
});

describe("the folder of a store", () => {
  it("gets new files only for what has changed", async () => {
    const directory = join(folder, "twice");
    const store = await FaissStore.create({ dimension: 16, engine: "builtin" });
    await applyToStore(store, 1);
    await store.save(directory);
    const first = await readdir(directory);
    await store.save(directory);
    expect(await readdir(directory)).toEqual(first);
    await store.upsert([{ id: "new", vector: new Float32Array(16).fill(1), record: null }]);
    await store.save(directory);
    const second = await readdir(directory);
    expect(second.length).toBe(first.length + 2);
    expect(second).toEqual(expect.arrayContaining(first));
    const handle = await open(
      join(directory, second.filter((file) => file.startsWith("vectors-2"))[0]!),
    );
    expect((await handle.stat()).size).toBe(45 + 16 * 4);
    await handle.close();
    expect((await FaissStore.open(directory)).ids()).toEqual(store.ids());
  });

  it("has few files after many small saves", async () => {
    const directory = join(folder, "many");
    const store = await FaissStore.create<number>({ dimension: 2, engine: "builtin" });
    for (let record = 0; record < 40; record++) {
      await store.upsert([{ id: `${record}`, vector: [1, record], record }]);
      await store.save(directory);
    }
    expect((await readdir(directory)).length).toBeLessThan(20);
    const reopened = await FaissStore.open<number>(directory);
    expect([...reopened].map(({ record }) => record)).toEqual(
      Array.from({ length: 40 }, (_, record) => record),
    );
  });

  it("has the same bytes with every engine", async () => {
    const contents = await Promise.all(
      (["faiss", "builtin"] as const).map(async (engine) => {
        const directory = await savedStore(`engine-${engine}`, { engine });
        const files = (await readdir(directory)).filter((file) => !file.endsWith(".json")).sort();
        return Promise.all(files.map((file) => readFile(join(directory, file))));
      }),
    );
    expect(contents[0]).toEqual(contents[1]);
  });
});
