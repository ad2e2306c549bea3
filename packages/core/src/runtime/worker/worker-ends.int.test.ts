import { execFile } from "node:child_process";
import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { installCore } from "../../../test-support/installed-core.ts";

type Core = typeof import("../../index.ts");

// Processes and models start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const fixture = fileURLToPath(
  new URL("../../../../../test/fixtures/embeddinggemma", import.meta.url),
);
const run = promisify(execFile);
const options = { dtype: "fp32", worker: true } as const;
let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "worker-ends-"));
});

afterAll(() => rm(parent, { recursive: true }));

/** See `installCore`; with the package, imported. */
async function install(): Promise<{ folder: string; installed: string; core: Core }> {
  const { folder, installed } = await installCore(parent);
  const core = (await import(pathToFileURL(join(installed, "dist", "index.js")).href)) as Core;
  return { folder, installed, core };
}

describe("a worker that ends unexpectedly", () => {
  const crash = "crash ".repeat(100);

  /** Installs the real worker, which also runs `code` when it gets the text {@link crash}. */
  async function installWith(code: string) {
    const app = await install();
    await appendFile(
      join(app.installed, "dist", "model-worker.js"),
      `\nprocess.on("message", ({ operation, batch }) => {
        if (operation === "run" && batch.length > 100) { ${code} }
      });\n`,
    );
    return app;
  }

  test.each([
    ["exits", "process.exit(7);", "exit code 7"],
    ["is killed", 'process.kill(process.pid, "SIGSEGV");', "SIGSEGV"],
    ["throws", 'throw new Error("memory.grow");', "Error: memory.grow"],
  ])("%s in each attempt: the call rejects with WORKER_FAILED, others do not", async (...given) => {
    const [, code, reason] = given;
    const { core } = await installWith(code);
    await using embedder = await core.Embedder.load(fixture, options);
    const pending = Promise.allSettled([embedder.encode(crash), embedder.encode("another")]);
    // None of these is for lack of memory, for which the advice would be another one.
    const message = expect.stringMatching(new RegExp(`${reason}(?!.*maxBatchTokens)`, "s"));
    expect(await pending).toMatchObject([
      { status: "rejected", reason: { code: "WORKER_FAILED", message } },
      { status: "fulfilled" },
    ]);
    expect(await embedder.encode("later")).toHaveLength(768);
  });

  test("is lost without a replacement, and the model can be loaded again", async () => {
    const { core, installed } = await installWith("process.exit(7);");
    const embedder = await core.Embedder.load(fixture, options);
    const program = join(installed, "dist", "model-worker.js");
    await rename(program, `${program}.old`);
    const failure = { code: "WORKER_FAILED", message: expect.stringContaining("does not exist") };
    await expect(embedder.encode(crash)).rejects.toMatchObject(failure);
    await expect(embedder.encode("later")).rejects.toMatchObject(failure);
    await rename(`${program}.old`, program);
    await using again = await core.Embedder.load(fixture, options);
    expect(await again.encode("later")).toHaveLength(768);
    await embedder.dispose();
    expect(await again.encode("later")).toHaveLength(768);
  });

  test("without its file: the load rejects with advice", async () => {
    const { core, installed } = await install();
    await rm(join(installed, "dist", "model-worker.js"));
    await expect(core.Embedder.load(fixture, options)).rejects.toMatchObject({
      code: "WORKER_FAILED",
      message: expect.stringContaining("out of the bundle"),
    });
  });
});

describe("a program with a worker", () => {
  const body = (leave: string) => `
    const embedder = await Embedder.load(${JSON.stringify(fixture)}, ${JSON.stringify(options)});
    const vector = await embedder.encodeQuery("hello");
    ${leave}
    console.log(vector.length);`;
  const asModule = (leave: string) =>
    `import { Embedder } from "@embeddinggemma/core";${body(leave)}`;
  const asCommonJs = (leave: string) =>
    `const { Embedder } = require("@embeddinggemma/core"); (async () => {${body(leave)}})();`;

  test.each([
    ["ESM, disposed", "main.mjs", asModule("await embedder.dispose();")],
    ["CommonJS, idle", "main.cjs", asCommonJs("")],
  ])("ends by itself: %s", async (_how, name, code) => {
    const { folder } = await install();
    await writeFile(join(folder, name), code);
    const { stdout, stderr } = await run(process.execPath, [name], {
      cwd: folder,
      timeout: 100_000,
    });
    expect([stdout.trim(), stderr.trim()]).toEqual(["768", ""]);
  });

  test("can be code on the command line", async () => {
    const { folder } = await install();
    const code = asModule("await embedder.dispose();");
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code], {
      cwd: folder,
      timeout: 100_000,
    });
    expect(stdout.trim()).toBe("768");
  });

  test("leaves no process behind if it is killed", async () => {
    const { folder } = await install();
    // A process left behind would keep the standard output open, and `run` waiting.
    await writeFile(join(folder, "main.mjs"), asModule('process.kill(process.pid, "SIGKILL");'));
    await expect(
      run(process.execPath, ["main.mjs"], { cwd: folder, timeout: 100_000 }),
    ).rejects.toMatchObject({
      signal: "SIGKILL",
    });
  });
});
