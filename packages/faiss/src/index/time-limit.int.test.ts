import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { FaissStore } from "../faiss-store.ts";
import { engineProcesses } from "../testing/engine-processes.ts";
import { naiveRanking, randomUnitVectors, seededRandom } from "../testing/random-vectors.ts";
import type { FaissStoreOptions } from "../types.ts";
import { parseIndexKind } from "./index-kind.ts";
import type { Command } from "./protocol.ts";
import { timeLimitOf, timeLimits } from "./time-limit.ts";

const defaultLimits = { ...timeLimits };
afterEach(() => {
  Object.assign(timeLimits, defaultLimits);
});

describe("the time limit of a command", () => {
  it.each<[string, string, number, Command, number]>([
    ["a search", "Flat", 300, search(1, 128), 10_000],
    ["a search", "Flat", 1_000_000, search(64, 128), 92_000],
    ["a write", "HNSW32,Flat", 1_000_000, { operation: "write", index: 1, path: "" }, 202_000],
    ["an add", "HNSW32,Flat", 1_000_000, add(2048), 17_000],
    ["a training", "IVF256,Flat", 0, { operation: "train", index: 1 }, 2_157_000],
    ["a free", "Flat", 0, { operation: "free", index: 1 }, 10_000],
  ])("grows with the work: %s, %s of %i rows", (_operation, factory, rows, command, expected) => {
    const specification = { dimension: 128, factory, nprobe: undefined, efSearch: undefined };
    const kind = parseIndexKind(factory, 128);
    const trainingNumbers = 128 * kind.maxTrainingVectors;
    const limit = timeLimitOf(command, { specification, kind, rows, trainingNumbers });
    expect(Math.round(limit / 1000) * 1000).toBe(expected);
  });

  it("is never longer than a timer can run", () => {
    const factory = "IVF65536,Flat";
    const specification = { dimension: 4096, factory, nprobe: undefined, efSearch: undefined };
    const kind = parseIndexKind(factory, 4096);
    const index = { specification, kind, rows: 0, trainingNumbers: 4096 * kind.maxTrainingVectors };
    expect(timeLimitOf({ operation: "train", index: 1 }, index)).toBe(2 ** 31 - 1);
  });
});

function search(queries: number, dimension: number): Command {
  const numbers = new Float32Array(queries * dimension);
  return { operation: "search", index: 1, queries: numbers, count: 10 };
}

function add(vectors: number): Command {
  return { operation: "add", index: 1, vectors: new Float32Array(vectors * 128) };
}

describe("a FAISS process that is suspended", () => {
  const vectors = randomUnitVectors(500, 8, seededRandom(5));
  const items = vectors.map((vector, record) => ({ id: `${record}`, vector, record }));
  const expected = naiveRanking(vectors, vectors[3]!).slice(0, 5);

  async function filledStore(options: FaissStoreOptions = {}): Promise<FaissStore<number>> {
    const store = await FaissStore.create<number>({ engine: "faiss", scanBelow: 0, ...options });
    await store.upsert(items);
    return store;
  }

  async function expectRanked(store: FaissStore<number>): Promise<void> {
    const hits = await store.search(vectors[3]!, { k: 5 });
    expect(hits.map(({ record }) => record)).toEqual(expected.map(({ row }) => row));
  }

  /** Suspends the FAISS process of a store. */
  async function stopProcess(store: FaissStore<number>): Promise<number> {
    await expectRanked(store);
    const [pid] = engineProcesses();
    process.kill(pid!, "SIGSTOP");
    return pid!;
  }

  beforeEach(() => {
    timeLimits.minMilliseconds = 1500;
  });

  it.each([{ engine: "faiss" }, { engine: "auto", index: "HNSW16,Flat", oversample: 20 }] as const)(
    "is replaced, and a scan answers meanwhile (%j)",
    async (options) => {
      const store = await filledStore(options);
      const pid = await stopProcess(store);
      await Promise.all([expectRanked(store), expectRanked(store)]);
      await expectRanked(store);
      await vi.waitFor(() => expect(engineProcesses()).not.toContain(pid), 10_000);
      expect(engineProcesses()).toHaveLength(1);
      await store.close();
    },
  );

  it("does not block an upsert", async () => {
    const store = await filledStore();
    await stopProcess(store);
    await store.upsert([{ id: "new", vector: [-1, 0, 0, 0, 0, 0, 0, 0], record: -1 }]);
    expect((await store.search([-1, 0, 0, 0, 0, 0, 0, 0], { k: 1 }))[0]?.record).toBe(-1);
    await store.close();
  });

  it("makes one save of its index fail; the next one works", async () => {
    const folder = await mkdtemp(join(tmpdir(), "faiss-stopped-"));
    const store = await filledStore({ index: "HNSW16,Flat", oversample: 100 });
    await stopProcess(store);
    await expect(store.save(join(folder, "store"))).rejects.toMatchObject({
      code: "SAVE_FAILED",
      message: expect.stringMatching(/did not answer "write" within 1\.5\d* s/),
    });
    await store.save(join(folder, "store"));
    const opened = await FaissStore.open<number>(join(folder, "store"), { engine: "faiss" });
    await expectRanked(opened);
    await rm(folder, { recursive: true });
  });

  it.each(["search", "upsert"] as const)("does not block close, even during %s", async (call) => {
    timeLimits.minMilliseconds = 60_000;
    const store = await filledStore();
    const pid = await stopProcess(store);
    const pending =
      call === "search"
        ? expectRanked(store)
        : store.upsert([{ id: "new", vector: vectors[0]!, record: 1 }]).then((ids) => {
            expect(ids).toEqual(["new"]);
          });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await Promise.all([pending, store.close()]);
    process.kill(pid, "SIGCONT");
  });

  it("is not killed just because this process was blocked", async () => {
    const store = await filledStore();
    const before = engineProcesses();
    const searching = expectRanked(store);
    await new Promise(setImmediate);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * timeLimits.minMilliseconds);
    await searching;
    await expectRanked(store);
    expect(engineProcesses()).toEqual(before);
    await store.close();
  });
});

describe("a FAISS process that hangs when it starts", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "faiss-hanging-"));
    await writeFile(
      join(folder, "index.cjs"),
      "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("is killed, and FAISS counts as unavailable", async () => {
    timeLimits.startMilliseconds = 300;
    const before = engineProcesses();
    const options = { index: "SQ8", faissNode: join(folder, "index.cjs") };
    expect((await FaissStore.create(options)).engine).toBe("builtin");
    await expect(FaissStore.create({ ...options, engine: "faiss" })).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining('did not answer "start" within 0.3 s'),
    });
    await vi.waitFor(() => expect(engineProcesses()).toEqual(before), 10_000);
  });
});
