import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "tsdown";
import { expect, onTestFinished, test } from "vitest";
import { WorkerProcess, type WorkerProcessOptions } from "./worker-process.ts";

interface Message {
  operation: string;
  value?: unknown;
}

const program = new URL("../testing/worker-program.mjs", import.meta.url);

function start(file = program, options: Partial<WorkerProcessOptions> = {}) {
  const worker = new WorkerProcess<Message>(file, {
    forwardsOutput: false,
    endedError: ({ reason, exit }, operation) =>
      Object.assign(new Error(`It ${reason}`), { exit, operation }),
    answeredError: (error) => new Error(`answered: ${error}`),
    ...options,
  });
  onTestFinished(() => worker.stop());
  return worker;
}

const isLost = (worker: WorkerProcess<Message>) =>
  Promise.race([worker.lost.then(() => true), sleep(200, false)]);

test("responses can come in any order", async () => {
  const worker = start();
  const value = [Float32Array.of(1, 2), "text", undefined];
  const answers = await Promise.all([
    worker.request({ operation: "echo later", value: "first" }),
    worker.request({ operation: "echo", value }),
    worker.request({ operation: "echo" }),
  ]);
  expect(answers).toEqual(["first", value, undefined]);
});

test("an error rejects only its own request", async () => {
  const worker = start();
  const failing = worker.request({ operation: "fail", value: "no" });
  const echo = worker.request({ operation: "echo", value: 1 });
  await expect(failing).rejects.toThrow("answered: no");
  expect(await echo).toBe(1);
});

test("a message that cannot be sent rejects only its own request", async () => {
  const worker = start();
  await expect(worker.request({ operation: "echo", value: () => {} })).rejects.toThrow("cloned");
  expect(await worker.request({ operation: "echo", value: 1 })).toBe(1);
});

test("a process that ends rejects all requests, quotes its output, and is lost", async () => {
  const worker = start();
  await worker.request({ operation: "print", value: "out of memory" });
  const pending = worker.request({ operation: "never answer" });
  const exiting = worker.request({ operation: "exit", value: 7 });
  const message = "It ended with exit code 7: out of memory";
  await expect(pending).rejects.toMatchObject({ message, exit: 7, operation: "never answer" });
  await expect(exiting).rejects.toMatchObject({ message });
  expect(worker.isAlive).toBe(false);
  await expect(worker.request({ operation: "echo" })).rejects.toMatchObject({ message });
  await worker.lost;
});

test("a program that disconnects ends with a reason", async () => {
  await expect(start().request({ operation: "disconnect" })).rejects.toThrow("exit code 0");
});

test.each([
  ["does not exist", new URL("file:///nowhere.mjs"), {}, "nowhere.mjs does not exist"],
  [
    "is a bundler's copy",
    program,
    { programName: "worker.mjs" },
    "worker-program.mjs is not the file worker.mjs. If a bundler has moved the code, mark @emb",
  ],
  ["gets too many arguments", program, { args: ["long".repeat(1e6)] }, "E2BIG"],
])("a program that %s rejects all requests and is lost", async (_how, file, options, reason) => {
  const worker = start(file, options);
  const message = expect.stringMatching(`^It could not be started: .*${reason}`);
  await expect(worker.request({ operation: "echo" })).rejects.toMatchObject({
    message,
    exit: null,
  });
  expect(worker.isAlive).toBe(false);
  await worker.lost;
  await worker.stop();
});

test("messages that the program did not send as a response are ignored", async () => {
  const worker = start();
  expect(await worker.request({ operation: "send null" })).toBeUndefined();
  expect(await worker.request({ operation: "echo", value: 1 })).toBe(1);
});

test("a process that the program leaves behind delays the end by a second at most", async () => {
  const worker = start();
  await worker.request({ operation: "leave a process behind" });
  await expect(worker.request({ operation: "exit", value: 3 })).rejects.toThrow("exit code 3");
}, 4000);

test("stop() rejects pending and later requests, and does not resolve `lost`", async () => {
  const worker = start();
  await worker.request({ operation: "echo" });
  const pending = expect(worker.request({ operation: "never answer" })).rejects.toThrow(
    "It was stopped",
  );
  await worker.stop();
  await pending;
  await worker.stop();
  await expect(worker.request({ operation: "echo" })).rejects.toThrow("It was stopped");
  expect(await isLost(worker)).toBe(false);
});

test("a process that does not answer within the time limit is killed", async () => {
  const worker = start();
  await worker.request({ operation: "echo" });
  const slow = worker.request({ operation: "echo later", value: 1 });
  const quick = worker.request({ operation: "echo later", value: 2 }, { timeLimit: 5000 });
  expect(await Promise.all([slow, quick])).toEqual([1, 2]);
  await expect(
    worker.request({ operation: "never answer" }, { timeLimit: 100 }),
  ).rejects.toMatchObject({
    message: 'It did not answer "never answer" within 0.1 s',
    exit: null,
  });
  await worker.lost;
});

test("abandoned requests reject immediately, other requests are not affected", async () => {
  const worker = start();
  const abandoned = worker.request({ operation: "echo later", value: "old" });
  const kept = worker.request({ operation: "echo", value: "kept" });
  worker.abandon(({ operation }) => operation === "echo later", new Error("not needed"));
  await expect(abandoned).rejects.toThrow("not needed");
  expect(await kept).toBe("kept");
  await sleep(100);
  expect(await worker.request({ operation: "echo", value: "new" })).toBe("new");
});

test.each([
  ["awaited", "42", ""],
  ["not awaited", "", ""],
  ["awaited, with output", "42", "printed by the program"],
])("keeps the parent alive while a request is %s", async (how, stdout, stderr) => {
  const result = await run(process.execPath, await parentArgs(how));
  expect([result.stdout.trim(), result.stderr.trim()]).toEqual([stdout, stderr]);
});

test("a parent that was started in place of the program survives", async () => {
  const env = { ...process.env, EMBEDDINGGEMMA_CHILD_PROCESS: "1" };
  const { stdout } = await run(process.execPath, await parentArgs("awaited"), { env });
  expect(stdout).toContain("cannot start another program");
});

test("a parent that writes to stderr, which nobody reads, survives", async () => {
  const running = run(process.execPath, await parentArgs("awaited, with output"));
  running.child.stderr!.destroy();
  expect((await running).stdout.trim()).toBe("42");
});

// Windows does not limit them.
test.runIf(process.platform !== "win32")(
  "a parent that has no free file descriptor survives",
  async () => {
    const args = await parentArgs("no free file descriptors");
    const limited = ["-c", 'ulimit -n 64; exec "$0" "$@"', process.execPath, ...args];
    expect((await run("sh", limited)).stdout).toContain("EMFILE");
  },
);

/** Runs a program, for 30 seconds at most. */
function run(program: string, args: readonly string[], { env = process.env } = {}) {
  return promisify(execFile)(program, args, { env, timeout: 30_000 });
}

/** Arguments for Node to start a parent. */
async function parentArgs(how: string): Promise<string[]> {
  const parent = fileURLToPath(new URL("../testing/worker-parent.mjs", import.meta.url));
  return [parent, await builtModule(), program.href, how];
}

/** Node 20 does not run TypeScript. */
async function builtModule(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), "worker-process-"));
  onTestFinished(() => rm(outDir, { recursive: true }));
  const entry = fileURLToPath(new URL("./worker-process.ts", import.meta.url));
  await build({
    config: false,
    entry: [entry],
    outDir,
    format: "esm",
    platform: "node",
    dts: false,
    logLevel: "silent",
  });
  return join(outDir, "worker-process.mjs");
}
