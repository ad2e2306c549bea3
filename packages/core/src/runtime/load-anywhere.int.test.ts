import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { installCore } from "../../test-support/installed-core.ts";

// Processes and models start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const model = fileURLToPath(new URL("../../../../test/fixtures/embeddinggemma", import.meta.url));
const quantizedModel = fileURLToPath(new URL("../../../tiny-model/model", import.meta.url));
const run = promisify(execFile);
let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "anywhere-"));
});

afterAll(() => rm(parent, { recursive: true }));

interface RunOptions {
  flags?: readonly string[];
  /** Changes the installed packages. */
  prepare?: (folder: string) => Promise<void>;
}

/**
 * Runs a program in a process of its own, in an application with a new installation.
 *
 * @returns the program's output as JSON
 */
async function runProgram(
  program: string,
  { flags = [], prepare = async () => {} }: RunOptions = {},
): Promise<unknown> {
  const { folder } = await installCore(parent);
  await prepare(folder);
  const file = join(folder, "program.mjs");
  await writeFile(file, `${preamble}\n${program}`);
  const { stdout } = await run(process.execPath, [...flags, file], { timeout: 100_000 });
  return JSON.parse(stdout);
}

const preamble = `
  const model = ${JSON.stringify(model)};
  const print = (value) => process.stdout.write(JSON.stringify(value), () => process.exit());
  const outcome = async (work) => {
    try {
      return await work();
    } catch ({ name, code, message }) {
      return name + " " + code + ": " + message;
    }
  };
  async function lengthOf(options, path = model) {
    const { Embedder } = await import("@embeddinggemma/core");
    const embedder = await Embedder.load(path, options);
    const vector = await embedder.encodeQuery("mars");
    await embedder.dispose();
    return vector.length;
  }`;

describe("in worker threads", () => {
  const threads = `
    import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
    const ended = (thread) => new Promise((resolve) => {
      let message = "no message";
      thread.on("message", (text) => { message = text; });
      thread.on("error", (error) => { message = String(error); });
      thread.on("exit", (code) => resolve([message, code]));
    });
    const start = (data) => new Worker(new URL(import.meta.url), { workerData: data });`;

  test("models load side by side, one after the other, and beside the main thread", async () => {
    const results = await runProgram(`${threads}
      if (!isMainThread) parentPort.postMessage(await outcome(lengthOf));
      else {
        const first = await ended(start());
        const together = [ended(start()), ended(start()), lengthOf()];
        print([first, ...(await Promise.all(together))]);
      }`);
    const fine = [768, 0];
    expect(results).toEqual([fine, fine, fine, 768]);
  });

  test("a thread can be ended while it embeds", async () => {
    const results = await runProgram(`${threads}
      if (!isMainThread) {
        for (;;) {
          await lengthOf();
          parentPort.postMessage("embedded");
        }
      } else {
        const threads = [start(), start()];
        await Promise.all(threads.map((thread) => new Promise((resolve) => {
          thread.on("message", resolve).on("error", resolve);
        })));
        await Promise.all(threads.map((thread) => thread.terminate()));
        print(await lengthOf());
      }`);
    expect(results).toBe(768);
  });
});

test("in a VM context, as in Jest, vectors are of the context's own class", async () => {
  const result = await runProgram(`
    import { readFileSync } from "node:fs";
    import { createRequire, isBuiltin } from "node:module";
    import { dirname } from "node:path";
    import vm from "node:vm";
    const context = vm.createContext({ ArrayBuffer, Uint8Array });
    const inner = vm.runInContext("globalThis", context);
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(globalThis)))
      if (!(name in inner)) Object.defineProperty(inner, name, property);
    const modules = new Map();
    function load(file) {
      const real = createRequire(file);
      if (!/\\.c?js$/.test(file)) return real(file);
      if (modules.has(file)) return modules.get(file).exports;
      const module = { exports: {} };
      modules.set(file, module);
      const require = (name) => (isBuiltin(name) ? real(name) : load(real.resolve(name)));
      const names = ["module", "exports", "require", "__filename", "__dirname"];
      const options = { filename: file, parsingContext: context };
      vm.compileFunction(readFileSync(file, "utf8"), names, options)(
        module, module.exports, require, file, dirname(file));
      return module.exports;
    }
    const { Embedder } = load(createRequire(import.meta.url).resolve("@embeddinggemma/core"));
    const vectorOf = async (worker) => {
      const embedder = await Embedder.load(model, { dtype: "fp32", worker });
      return embedder.encodeQuery("mars");
    };
    const [here, there] = [await vectorOf(false), await vectorOf(true)];
    const isOwn = [here, there].map((vector) => vector instanceof inner.Float32Array);
    print([...isOwn, here.length, here.every((value, index) => value === there[index])]);`);
  expect(result).toEqual([true, true, 768, true]);
});

test("with any settings of Transformers.js, which stay as they are", async () => {
  // The first load has the strictest ones.
  const all = [
    { allowLocalModels: false, allowRemoteModels: false },
    { allowLocalModels: false },
    { allowLocalModels: false, useFSCache: false, localModelPath: "/nowhere/" },
    { allowRemoteModels: false, useFSCache: false, localModelPath: "/nowhere/" },
  ];
  const results = await runProgram(`
    import { env } from "@huggingface/transformers";
    const defaults = { ...env };
    const results = [];
    for (const settings of ${JSON.stringify(all)}) {
      Object.assign(env, defaults, settings);
      const before = JSON.stringify(env);
      const lengths = [await outcome(lengthOf), await outcome(() => lengthOf({ worker: true }))];
      results.push([...lengths, JSON.stringify(env) === before]);
    }
    print(results);`);
  expect(results).toEqual(all.map(() => [768, 768, true]));
});

test("without a home folder, only what needs one fails", async () => {
  const result = await runProgram(`
    import { syncBuiltinESMExports } from "node:module";
    import os from "node:os";
    const unknown = () => {
      throw Object.assign(new Error("uv_os_homedir returned ENOENT"), { code: "ERR_SYSTEM_ERROR" });
    };
    Object.assign(os, { homedir: unknown, userInfo: unknown });
    syncBuiltinESMExports();
    const HUB = ["HOME", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"];
    for (const name of HUB) delete process.env[name];
    const { Embedder } = await import("@embeddinggemma/core");
    const offline = { localFilesOnly: true };
    const elsewhere = { ...offline, cacheDir: "/nowhere" };
    print([
      await outcome(lengthOf),
      await outcome(() => lengthOf({ worker: true })),
      await outcome(() => Embedder.load("owner/model", offline)),
      await outcome(() => Embedder.load("owner/model", elsewhere)),
      await outcome(() => Embedder.load("~/model")),
    ]);`);
  expect(result).toEqual([
    768,
    768,
    expect.stringMatching(/INVALID_ARGUMENT: .*`cacheDir`.*HF_HUB_CACHE, HF_HOME or HOME/),
    expect.stringMatching(/MODEL_NOT_FOUND: .*not in the cache \/nowhere/),
    expect.stringMatching(/MODEL_NOT_FOUND: .*Set HOME/),
  ]);
});

describe("a runtime that does not start is LOAD_FAILED, with the remedy", () => {
  const loads = `
    print([await outcome(lengthOf), await outcome(() => lengthOf({ worker: true }))]);`;

  async function breakTransformers(folder: string, program: string): Promise<void> {
    const transformers = join(folder, "node_modules/@huggingface/transformers");
    await rm(transformers);
    await mkdir(transformers, { recursive: true });
    const description = { name: "@huggingface/transformers", type: "module", exports: "./x.js" };
    await writeFile(join(transformers, "package.json"), JSON.stringify(description));
    await writeFile(join(transformers, "x.js"), program);
  }

  const both = (message: RegExp) => [
    expect.stringMatching(message),
    expect.stringMatching(message),
  ];

  test("a missing package", async () => {
    const prepare = (folder: string) => rm(join(folder, "node_modules/@huggingface/transformers"));
    const result = await runProgram(loads, { prepare });
    expect(result).toEqual(
      both(/^EmbeddingGemmaError LOAD_FAILED: .*Run `npm install @huggingface\/transformers`/),
    );
  });

  test("a missing binary", async () => {
    const program =
      "throw Object.assign(new Error(\"Cannot find module '../bin/onnxruntime_binding.node'\"), " +
      '{ code: "MODULE_NOT_FOUND" });';
    const prepare = (folder: string) => breakTransformers(folder, program);
    expect(await runProgram(loads, { prepare })).toEqual(
      both(/LOAD_FAILED: .*onnxruntime_binding.node'\. ONNX Runtime has no binary for/),
    );
  });

  test("--no-addons", async () => {
    expect(await runProgram(loads, { flags: ["--no-addons"] })).toEqual(
      both(/LOAD_FAILED: .*Allow addons/),
    );
  });

  const permission = process.allowedNodeEnvironmentFlags.has("--permission")
    ? "--permission"
    : "--experimental-permission";

  test("Node's permission model", async () => {
    const flags = [permission, "--allow-fs-read=*"];
    const [here, there] = (await runProgram(loads, { flags })) as [string, string];
    expect(here).toMatch(/LOAD_FAILED: .*--allow-addons/);
    expect(there.match(/--allow-child-process/g)).toHaveLength(1);
    expect(there).toMatch(/WORKER_FAILED: /);
  });

  test("not a file system that may only be read", async () => {
    const flags = [permission, "--allow-fs-read=*", "--allow-addons"];
    const loadsQ8 = `
      process.env.HF_ASSETS_CACHE = ${JSON.stringify(join(parent, "no-assets"))};
      print(await outcome(() => lengthOf({}, ${JSON.stringify(quantizedModel)})));`;
    expect(await runProgram(loadsQ8, { flags })).toBe(768);
  });
});
