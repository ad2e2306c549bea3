import { type SpawnOptions, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dependenciesAreInstalled } from "../../scripts/setup/dependencies.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Root can read every file, so the tests of access rights run as another user. */
const nobody: SpawnOptions = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

describe("set-up of this clone", () => {
  it("prints nothing and changes nothing if everything is installed", async () => {
    const files = [
      "node_modules/.package-lock.json",
      "node_modules/faiss-node/build/Release/faiss-node.node",
    ];
    const before = files.map((file) => statSync(join(root, file)));
    const { status, output } = await runSetup(root);
    expect({ status, output }).toEqual({ status: 0, output: "" });
    expect(files.map((file) => statSync(join(root, file)).mtimeMs)).toEqual(
      before.map((stat) => stat.mtimeMs),
    );
  });
});

describe("set-up of a clone without the FAISS addon", () => {
  let clone: string;
  const addon = "node_modules/faiss-node/build/Release/faiss-node.node";

  beforeEach(() => {
    clone = cloneWithoutAddon();
  });
  afterEach(() => rmSync(clone, { recursive: true }), 60_000);

  it("replaces a damaged addon only once if two set-ups run at the same time", {
    timeout: 180_000,
  }, async () => {
    mkdirSync(join(clone, addon, ".."), { recursive: true });
    writeFileSync(join(clone, addon), "\x7fELF truncated");
    const runs = await Promise.all([runSetup(clone), runSetup(clone)]);
    expect(runs.map((run) => run.status)).toEqual([0, 0]);
    expect(
      runs.map((run) => run.output.match(/FAISS addon (compiled|downloaded)/g)?.length ?? 0).sort(),
    ).toEqual([0, 1]);
    expect(readdirSync(join(clone, "node_modules/faiss-node/build"))).toEqual(["Release"]);
    expect(readdirSync(clone)).not.toContain(".setup.lock");
    const query =
      "const { IndexFlatIP } = require('faiss-node'); " +
      "console.log(new IndexFlatIP(3).getDimension())";
    expect(
      spawnSync(process.execPath, ["-e", query], { cwd: clone, encoding: "utf8" }).stdout,
    ).toBe("3\n");
  });

  it("takes over a dead set-up's lock, and prints the commands that install FAISS", {
    timeout: 60_000,
  }, async () => {
    const aptGet = spawnSync("sh", ["-c", "command -v apt-get"], {
      encoding: "utf8",
    }).stdout.trim();
    const path = join(clone, "path"); // It has no compiler and no sudo.
    mkdirSync(path);
    if (aptGet) symlinkSync(aptGet, join(path, "apt-get"));
    writeFileSync(join(clone, ".setup.lock"), `${deadProcess()}`);
    spawnSync("chmod", ["-R", "a+rwX", clone]);

    const { status, output } = await runSetup(clone, {
      ...nobody,
      env: { ...withoutPrebuiltAddon(), PATH: path },
    });
    expect(status).toBe(1);
    expect(output).toMatch(
      aptGet
        ? /sudo apt-get install .*g\+\+ libfaiss-dev.*\n.*then run the command again/s
        : /Install a C\+\+ compiler .* and FAISS/,
    );
    expect(output).not.toMatch(/^\s+at /m);
    expect(readdirSync(clone)).not.toContain(".setup.lock");
  });

  it("says which file it may not read", async () => {
    const lockFile = join(clone, "package-lock.json");
    spawnSync("chmod", ["-R", "a+rwX", clone]);
    chmodSync(lockFile, 0);
    const { status, output } = await runSetup(clone, nobody);
    expect(status).toBe(1);
    expect(output).toContain(`this user may not read ${lockFile}`);
    expect(output).not.toMatch(/^\s+at /m);
  });

  function deadProcess() {
    return spawnSync(process.execPath, ["-e", ""]).pid;
  }

  function withoutPrebuiltAddon() {
    return { npm_config_https_proxy: "http://127.0.0.1:9", npm_config_cache: join(clone, "cache") };
  }
});

describe("dependenciesAreInstalled", () => {
  const wanted = { "": {}, "node_modules/a": { version: "1.0.0", integrity: "sha512-a" } };
  let clone: string;

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), "dependencies-"));
    mkdirSync(join(clone, "node_modules/a"), { recursive: true });
    writeLock("package-lock.json", wanted);
    writeLock("node_modules/.package-lock.json", wanted);
  });
  afterEach(() => rmSync(clone, { recursive: true }));

  it("accepts an installation that matches the lock file", () => {
    expect(dependenciesAreInstalled(clone)).toBe(true);
  });

  it("accepts a missing optional package of another platform", () => {
    writeLock("package-lock.json", {
      ...wanted,
      "node_modules/a-darwin": { version: "1.0.0", optional: true },
    });
    expect(dependenciesAreInstalled(clone)).toBe(true);
  });

  it.each([
    ["another version", { "node_modules/a": { version: "1.0.1", integrity: "sha512-a" } }],
    ["other contents", { "node_modules/a": { version: "1.0.0", integrity: "sha512-b" } }],
    ["a missing package", { ...wanted, "node_modules/b": { version: "1.0.0" } }],
  ])("detects %s", (_, packages) => {
    writeLock("package-lock.json", packages);
    expect(dependenciesAreInstalled(clone)).toBe(false);
  });

  it("detects a deleted folder", () => {
    rmSync(join(clone, "node_modules/a"), { recursive: true });
    expect(dependenciesAreInstalled(clone)).toBe(false);
  });

  it("detects an unfinished installation", () => {
    writeFileSync(join(clone, "node_modules/.package-lock.json"), '{ "packages": {');
    expect(dependenciesAreInstalled(clone)).toBe(false);
  });

  function writeLock(file: string, packages: object) {
    writeFileSync(join(clone, file), JSON.stringify({ packages }));
  }
});

/**
 * A clone with only the packages that the FAISS addon is compiled from. They are copied, because
 * another user may not be able to read this clone. faiss-node is as npm installs it without its
 * install script.
 */
function cloneWithoutAddon() {
  const clone = mkdtempSync(join(tmpdir(), "clone-"));
  const modules = join(clone, "node_modules");
  for (const folder of ["scripts", "packages/cli/src/build-faiss"])
    cpSync(join(root, folder), join(clone, folder), { recursive: true });
  mkdirSync(modules);
  for (const name of ["faiss-node", "node-api-headers"]) copyWithDependencies(name, modules);
  const nothingToInstall = JSON.stringify({ packages: {} });
  for (const file of ["package.json", "package-lock.json", "node_modules/.package-lock.json"]) {
    writeFileSync(join(clone, file), nothingToInstall);
  }
  return clone;
}

function copyWithDependencies(name: string, modules: string) {
  const source = join(root, "node_modules", name);
  const target = join(modules, name);
  if (existsSync(target)) return;
  const build = join(root, "node_modules/faiss-node/build");
  cpSync(source, target, { recursive: true, filter: (path) => path !== build });
  const { dependencies = {} } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  for (const dependency of Object.keys(dependencies)) {
    if (!existsSync(join(source, "node_modules", dependency)))
      copyWithDependencies(dependency, modules);
  }
}

/** Runs the set-up script of `clone` and resolves to its exit status and output. */
function runSetup(clone: string, options: SpawnOptions = {}) {
  const child = spawn(process.execPath, [join(clone, "scripts/setup.mjs")], {
    cwd: clone,
    ...options,
    stdio: "pipe",
  });
  let output = "";
  child.stdout?.on("data", (chunk) => (output += chunk));
  child.stderr?.on("data", (chunk) => (output += chunk));
  return new Promise<{ status: number | null; output: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}
