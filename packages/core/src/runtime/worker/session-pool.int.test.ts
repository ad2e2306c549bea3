import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { folderOf } from "../../../test-support/folder-of.ts";
import type { Backend, Batch } from "../backend.ts";
import { loadTransformersBackend } from "../transformers-backend.ts";
import { PooledSession } from "./pooled-session.ts";
import { SessionPool } from "./session-pool.ts";
import { loadWorkerBackend } from "./worker-backend.ts";

// Processes and models start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const fixture = fileURLToPath(
  new URL("../../../../../test/fixtures/embeddinggemma", import.meta.url),
);
const observer = new URL("../../../test-support/observed-worker.mjs", import.meta.url);
const folder = folderOf(fixture);
const options = {
  graphFile: { path: "onnx/model.onnx", dtype: "fp32" },
  sessionOptions: { intraOpNumThreads: 1 },
} as const;

/** See `observed-worker.mjs`. */
let observed: string;
let backend: Backend | undefined;
let warnings: (Error & { code?: string })[];
const remember = (warning: Error) => warnings.push(warning);

beforeEach(async () => {
  warnings = [];
  process.on("warning", remember);
  observed = await mkdtemp(join(tmpdir(), "observed-"));
  vi.stubEnv("OBSERVED_WORKERS", observed);
  vi.stubEnv("NODE_OPTIONS", `--import ${pathToFileURL(fileURLToPath(observer)).href}`);
});

afterEach(async () => {
  process.off("warning", remember);
  await backend?.dispose();
  backend = undefined;
  vi.unstubAllEnvs();
  expect((await pids()).filter(isRunning)).toEqual([]);
  await rm(observed, { recursive: true });
});

const load = async (workers: number) => {
  backend = await loadWorkerBackend(folder, options, workers);
  return backend;
};

test("a batch that is alone gives what the same session gives in this process", async () => {
  const here = await loadTransformersBackend(folder, options);
  const there = await load(2);
  expect(there.concurrency).toBe(2);
  const batches = [batchOf(1, 3), batchOf(4, 8), batchOf(2, 100), batchOf(16, 5)];
  const expected = [];
  for (const batch of batches) expected.push(await here.run(batch));
  expect(await Promise.all(batches.map((batch) => there.run(batch)))).toEqual(expected);
  await here.dispose();
});

test("as many batches run at once as there are processes, and others wait", async () => {
  const { run } = await load(2);
  const release = await tell("hold run");
  const results = [run(batchOf(1, 3)), run(batchOf(2, 3)), run(batchOf(3, 3))];
  await vi.waitFor(async () => expect(await pids("run")).toHaveLength(2), 20_000);
  await release();
  expect((await Promise.all(results)).map(rowsOf)).toEqual([1, 2, 3]);
  expect(await pids()).toHaveLength(2);
});

test("a process that dies between two batches is replaced at the next", async () => {
  const { run } = await load(2);
  const [victim, other] = await pids();
  await kill(victim!);
  expect(await pids()).toEqual([victim, other]);
  const both = [run(batchOf(1, 3)), run(batchOf(2, 3))];
  expect((await Promise.all(both)).map(rowsOf)).toEqual([1, 2]);
  expect(await pids()).toHaveLength(3);
  expect(await replacements()).toEqual([
    "The process that runs the model ended with SIGKILL. A new one has taken its place. " +
      "If the process ran out of memory, lower `maxBatchTokens` or `workers`.",
  ]);
});

test("a process that dies in a batch is replaced, and its batch run again", async () => {
  const { run } = await load(2);
  const release = await tell("hold run");
  const results = [run(batchOf(1, 3)), run(batchOf(2, 3))];
  await vi.waitFor(async () => expect(await pids("run")).toHaveLength(2), 20_000);
  const [victim, other] = await pids("run");
  process.kill(victim!, "SIGKILL");
  await vi.waitFor(async () => expect(await pids("run")).toHaveLength(3), 20_000);
  expect(isRunning(other!)).toBe(true);
  await release();
  expect((await Promise.all(results)).map(rowsOf)).toEqual([1, 2]);
  expect(await replacements()).toHaveLength(1);
});

test("a batch that ends two processes is WORKER_FAILED, and the next one runs", async () => {
  const { run } = await load(1);
  await tell("crash");
  await tell("crash again");
  await expect(run(batchOf(1, 3))).rejects.toMatchObject({
    code: "WORKER_FAILED",
    message: expect.stringMatching(/exit code 7.*crashed as told/s),
    details: { exit: 7 },
  });
  expect(rowsOf(await run(batchOf(1, 3)))).toBe(1);
  expect(await pids()).toHaveLength(3);
  const messages = Array(2).fill(expect.stringMatching(/exit code 7: crashed as told\. A new one/));
  expect(await replacements()).toEqual(messages);
});

test("without a replacement, the other sessions go on, until the last is lost", async () => {
  const { run, lost } = await load(2);
  let isLost = false;
  void lost?.then(() => {
    isLost = true;
  });
  const allow = await tell("refuse to start");
  const failure = { code: "WORKER_FAILED", message: expect.stringContaining("exit code 9") };
  const [first, second] = await pids();
  await kill(first!);
  const results = [run(batchOf(1, 3)), run(batchOf(2, 3)), run(batchOf(3, 3))];
  expect(await Promise.allSettled(results)).toMatchObject([
    { status: "rejected", reason: failure },
    { status: "fulfilled" },
    { status: "fulfilled" },
  ]);
  expect(isLost).toBe(false);
  await kill(second!);
  const last = [run(batchOf(1, 3)), run(batchOf(2, 3))];
  expect(await Promise.allSettled(last)).toMatchObject([{ reason: failure }, { reason: failure }]);
  await lost;
  await allow();
  await expect(run(batchOf(1, 3))).rejects.toMatchObject(failure);
  expect(await replacements()).toEqual([]);
});

test("a replacement that is killed while it loads fails its own batch only", async () => {
  const { run } = await load(2);
  const [victim, other] = await pids();
  await kill(victim!);
  const release = await tell("hold load");
  const results = Promise.allSettled([run(batchOf(1, 3)), run(batchOf(2, 3))]);
  const replacement = await vi.waitFor(async () => {
    const loading = (await pids("load")).find((pid) => pid !== victim && pid !== other);
    expect(loading).toBeDefined();
    return loading!;
  }, 20_000);
  process.kill(replacement, "SIGKILL");
  expect(await results).toMatchObject([
    { reason: { code: "WORKER_FAILED" } },
    { status: "fulfilled" },
  ]);
  await release();
});

test("dispose ends a process that is being replaced", async () => {
  const { run, dispose } = await load(2);
  await kill((await pids())[0]!);
  await tell("hold load");
  const result = expect(run(batchOf(1, 3))).rejects.toMatchObject({ code: "WORKER_FAILED" });
  await vi.waitFor(async () => expect(await pids("load")).toHaveLength(3), 20_000);
  await dispose();
  await result;
  expect((await pids()).filter(isRunning)).toEqual([]);
  await expect(run(batchOf(1, 3))).rejects.toMatchObject({ code: "WORKER_FAILED" });
});

test("an abort of the load ends all processes", async () => {
  const abort = new AbortController();
  const release = await tell("hold load");
  const loading = loadWorkerBackend(folder, options, 2, abort.signal);
  const failure = expect(loading).rejects.toThrow("enough");
  await vi.waitFor(async () => expect(await pids("load")).toHaveLength(1), 20_000);
  abort.abort(new Error("enough"));
  await failure;
  expect((await pids()).filter(isRunning)).toEqual([]);
  await release();
});

test("no more processes load the model at once than there are cores", async () => {
  const workers = availableParallelism() + 20;
  const abort = new AbortController();
  const loading = loadWorkerBackend(folder, options, workers, abort.signal);
  const failure = expect(loading).rejects.toThrow("enough");
  await vi.waitFor(async () => expect((await pids("load")).length).toBeGreaterThan(1), 20_000);
  const release = await tell("hold load");
  await delay(2000);
  expect((await pids("load")).length).toBeLessThan(workers);
  abort.abort(new Error("enough"));
  await failure;
  await release();
});

test("a load that fails leaves no process", async () => {
  const missing = { ...options, graphFile: { path: "onnx/none.onnx", dtype: "fp32" } as const };
  await expect(loadWorkerBackend(folder, missing, 3)).rejects.toMatchObject({
    code: "LOAD_FAILED",
  });
  expect(await pids()).toHaveLength(1);
});

test("a batch that is alone runs in the wide session, others beside each other", async () => {
  const message = { operation: "load", folder: fixture, options } as const;
  const [wide, ...narrow] = Array.from({ length: 3 }, () => new PooledSession(message));
  const pool = new SessionPool(narrow, wide);
  try {
    await pool.start();
    expect(pool.concurrency).toBe(2);
    for (let length = 1; length < 4; length++) await pool.run(batchOf(1, length));
    const [wideProcess, ...rest] = await pids("run");
    expect(rest).toEqual([]);
    await Promise.all([pool.run(batchOf(1, 3)), pool.run(batchOf(2, 3))]);
    expect(await pids("run")).toHaveLength(3);
    expect(await readFile(join(observed, `${wideProcess}.run`), "utf8")).toBe("111");
  } finally {
    await pool.dispose();
  }
});

function batchOf(rows: number, length: number): Batch {
  const cells = { length: rows * length };
  return {
    rows,
    length,
    inputIds: BigInt64Array.from(cells, (_, index) => BigInt(2 + ((index * 7) % 50))),
    attentionMask: BigInt64Array.from(cells, () => 1n),
  };
}

/** Vectors have 768 dimensions. */
function rowsOf({ sentenceEmbedding }: { sentenceEmbedding?: Float32Array }): number {
  return sentenceEmbedding!.length / 768;
}

/** The processes that did something, oldest first. */
async function pids(what = "started"): Promise<number[]> {
  const names = (await readdir(observed)).filter((name) => name.endsWith(`.${what}`));
  return names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
}

/** The warnings of replaced processes. They are emitted in the next turn of the event loop. */
async function replacements(): Promise<string[]> {
  await new Promise((resolve) => setImmediate(resolve));
  return warnings
    .filter(({ code }) => code === "EMBEDDINGGEMMA_PROCESS_REPLACED")
    .map(({ message }) => message);
}

/** Gives the processes an order. */
async function tell(order: string): Promise<() => Promise<void>> {
  const file = join(observed, order);
  await writeFile(file, "");
  return () => rm(file);
}

/** Kills a process that is not being used, and waits until its end is known here. */
async function kill(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), 20_000);
  await delay(50);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
