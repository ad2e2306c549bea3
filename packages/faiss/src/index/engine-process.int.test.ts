import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { warningsOf } from "@embeddinggemma/internal/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { buildPackage } from "../testing/built-package.ts";
import { randomUnitVectors, seededRandom } from "../testing/random-vectors.ts";
import { EngineProcess } from "./engine-process.ts";
import type { SearchReply } from "./protocol.ts";

const faissNode = createRequire(import.meta.url).resolve("faiss-node");
const program = join(import.meta.dirname, "faiss-process.mjs");

let built: Awaited<ReturnType<typeof buildPackage>>;
beforeAll(async () => {
  built = await buildPackage();
}, 60_000);
afterAll(() => built.remove());
afterEach(() => vi.unstubAllEnvs());

describe("vectors for FAISS", () => {
  it.each([
    ["a file in the first folder that can be written", ["/nowhere", "/tmp"]],
    ["messages, if no folder can be written", ["/nowhere"]],
  ])("pass through %s", async (_how, folders) => {
    vi.stubEnv("TMPDIR", "/nowhere");
    const engine = await EngineProcess.start(faissNode, folders);
    const specification = { dimension: 8, factory: "Flat", nprobe: undefined, efSearch: undefined };
    await engine.run({ operation: "create", index: 1, ...specification });
    const vectors = Float32Array.from(
      randomUnitVectors(500, 8, seededRandom(1)).flatMap((vector) => [...vector]),
    );
    for (let round = 0; round < 3; round++)
      await engine.run({ operation: "add", index: 1, vectors });
    const queries = vectors.slice(8 * 100, 8 * 101);
    const { rows } = await engine.run<SearchReply>({
      operation: "search",
      index: 1,
      queries,
      count: 3,
    });
    expect([...rows].sort()).toEqual([1100, 100, 600].sort());
    engine.stop();
  });

  it("leave no file behind, even if the process is killed", async () => {
    const folder = await mkdtemp("/dev/shm/faiss-transfer-");
    const engine = await EngineProcess.start(faissNode, [folder]);
    const specification = {
      dimension: 256,
      factory: "Flat",
      nprobe: undefined,
      efSearch: undefined,
    };
    await engine.run({ operation: "create", index: 1, ...specification });
    const vectors = new Float32Array(2 ** 18).fill(1);
    const adding = Array.from({ length: 8 }, () =>
      engine.run({ operation: "add", index: 1, vectors }).catch((error: unknown) => error),
    );
    await adding[2];
    engine.stop();
    await Promise.all(adding);
    await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]), 10_000);
    await rm(folder, { recursive: true });
  });
});

describe("the FAISS process", () => {
  it("ignores signals to its process group: its parent may have to save a store", async () => {
    const engine = await EngineProcess.start(faissNode, []);
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8")
      .split(" ")
      .filter(Boolean);
    const [pid] = children.filter((child) =>
      readFileSync(`/proc/${child}/cmdline`, "utf8").includes(program),
    );
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.kill(Number(pid), signal);
    await sleep(100);
    const specification = { dimension: 8, factory: "Flat", nprobe: undefined, efSearch: undefined };
    await engine.run({ operation: "create", index: 1, ...specification });
    engine.stop();
  });

  it("adds no listeners after it has died", async () => {
    const warnings = await warningsOf(async () => {
      const engine = await EngineProcess.start(faissNode, []);
      engine.stop();
      await vi.waitFor(() => expect(engine.isAlive).toBe(false), 10_000);
      for (let call = 0; call < 20; call++) engine.abandon(1);
      await sleep(10);
    });
    expect(warnings).toEqual([]);
  });

  it("ends when its parent is killed, even while it trains", {
    timeout: 60_000,
  }, async () => {
    const training = join(import.meta.dirname, "../testing/training-process.mjs");
    const parent = spawn(process.execPath, [training, program, faissNode]);
    let output = "";
    parent.stdout.on("data", (text) => {
      output += text;
    });
    const pid = await vi.waitFor(() => Number(/\d+/.exec(output)![0]), { timeout: 30_000 });
    await sleep(300);
    expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toContain("faiss-process.mjs");
    parent.kill("SIGKILL");
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 10_000, interval: 50 });
    expect(output).not.toContain("trained");
  });

  it("is named in the error if a bundler has left its program out", async () => {
    const folder = await mkdtemp(join(dirname(built.entry), "bundled-"));
    await cp(built.entry, join(folder, "index.mjs"));
    const { FaissStore } = (await import(
      join(folder, "index.mjs")
    )) as typeof import("../index.ts");
    await expect(FaissStore.create({ engine: "faiss" })).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      message: expect.stringMatching(/faiss-process\.mjs.*out of the bundle/),
    });
    expect((await FaissStore.create({ index: "SQ8" })).engine).toBe("builtin");
    await rm(folder, { recursive: true });
  });
});

/** A killed process is a zombie (Z) until its new parent has waited for it. */
function isRunning(pid: number): boolean {
  return (
    existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
  );
}
