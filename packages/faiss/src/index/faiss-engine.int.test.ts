import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { FaissStore } from "../faiss-store.ts";
import { engineProcesses } from "../testing/engine-processes.ts";
import { naiveRanking, randomUnitVectors, seededRandom } from "../testing/random-vectors.ts";
import type { FaissStoreOptions } from "../types.ts";
import { faissEngine } from "./faiss-engine.ts";

const require = createRequire(import.meta.url);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-engine-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Searches until a FAISS process runs (again), and returns its id. */
function runningProcess(search: () => Promise<void>): Promise<number> {
  return vi.waitFor(
    async () => {
      await search();
      const [pid] = engineProcesses();
      if (pid === undefined) throw new Error("it has not started again yet");
      return pid;
    },
    { timeout: 10_000 },
  );
}

async function filledStore(options: FaissStoreOptions, count: number, dimension: number) {
  const vectors = randomUnitVectors(count, dimension, seededRandom(17));
  const store = await FaissStore.create<number>({ engine: "faiss", scanBelow: 0, ...options });
  await store.upsert(vectors.map((vector, record) => ({ id: `${record}`, vector, record })));
  const expectRanked = async (searched = store) => {
    for (const query of [vectors[3]!, vectors[count - 1]!]) {
      const expected = naiveRanking(vectors, query).slice(0, 5);
      const hits = await searched.search(query, { k: 5 });
      expect(hits.map(({ record }) => record)).toEqual(expected.map(({ row }) => row));
    }
  };
  return { store, vectors, expectRanked };
}

describe("the FAISS process", () => {
  it("starts once, for all stores", async () => {
    await Promise.all([1, 2, 3].map(() => FaissStore.create({ engine: "faiss", dimension: 2 })));
    expect(engineProcesses()).toHaveLength(1);
    expect(await faissEngine()).toBe(await faissEngine());
  });

  it.each(["Flat", "HNSW16,Flat"])("may die at any time: %s", async (index) => {
    const { store, vectors, expectRanked } = await filledStore({ index, oversample: 100 }, 800, 16);
    for (let round = 0; round < 3; round++) {
      const pid = await runningProcess(expectRanked);
      const searching = vectors.slice(0, 50).map((vector) => store.search(vector, { k: 1 }));
      const killing = sleep(round * 5).then(() => process.kill(pid, "SIGKILL"));
      const results = await Promise.all(searching);
      expect(results.map(([hit]) => hit?.record)).toEqual(
        vectors.slice(0, 50).map((_vector, row) => row),
      );
      await killing;
    }
    const pid = await runningProcess(expectRanked);
    const more = randomUnitVectors(300, 16, seededRandom(99));
    const adding = store.upsert(
      more.map((vector, row) => ({ id: `more ${row}`, vector, record: 1000 + row })),
    );
    process.kill(pid, "SIGKILL");
    await adding;
    expect(store.size).toBe(1100);
    expect((await store.search(more[7]!, { k: 1 }))[0]?.record).toBe(1007);
  });

  it("is not needed to save: its index can be built again", async () => {
    const { store, expectRanked } = await filledStore(
      { index: "HNSW16,Flat", oversample: 100 },
      500,
      8,
    );
    process.kill(await runningProcess(expectRanked), "SIGKILL");
    await store.save(join(folder, "dead"));
    await expectRanked(
      await FaissStore.open<number>(join(folder, "dead"), { engine: "faiss", scanBelow: 0 }),
    );
    await expectRanked();
  });

  it("may die while it writes an index for a save", { timeout: 60_000 }, async () => {
    const directory = join(folder, "dying");
    const { store, expectRanked } = await filledStore(
      { index: "HNSW16,Flat", oversample: 100 },
      3000,
      8,
    );
    for (let round = 0; round < 5; round++) {
      const pid = await runningProcess(expectRanked);
      await store.upsert([
        { id: "round", vector: [-1, 0, 0, 0, 0, 0, 0, 0], record: 5000 + round },
      ]);
      const killing = sleep(round * 2).then(() => process.kill(pid, "SIGKILL"));
      const outcome = await store.save(directory).then(
        () => "saved",
        ({ code }) => code,
      );
      await killing;
      expect(["saved", "SAVE_FAILED"]).toContain(outcome);
      if (outcome !== "saved") await store.save(directory);
      const opened = await FaissStore.open<number>(directory, { engine: "builtin" });
      expect(opened.ids()).toEqual(store.ids());
      expect(opened.get("round")?.record).toBe(5000 + round);
    }
    await expectRanked(await FaissStore.open<number>(directory, { engine: "faiss", scanBelow: 0 }));
  });

  it("is replaced when the addon has leaked 64 MiB, and its indexes move to the new one", {
    timeout: 60_000,
  }, async () => {
    const { store, vectors } = await filledStore({}, 64, 32_768);
    const graph = await filledStore({ index: "HNSW16,Flat", oversample: 100 }, 300, 8);
    const before = engineProcesses();
    // A query of 32,768 numbers leaks 128 KiB, so nine rounds of 64 queries are enough. Other
    // indexes are created meanwhile.
    const made = await Promise.all(
      Array.from({ length: 9 }, async (_, round) => {
        const results = await store.search(vectors, { k: 1 });
        expect(results.map(([hit]) => hit?.record)).toEqual(vectors.map((_query, row) => row));
        return filledStore({ index: round % 2 ? "SQ8" : "Flat", oversample: 100 }, 300, 8);
      }),
    );
    await store.search(vectors[0]!, { k: 1 });
    const after = engineProcesses();
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    for (const { expectRanked } of [...made, graph]) await expectRanked();
    expect((await store.search(vectors[5]!, { k: 1 }))[0]?.record).toBe(5);
  });

  it("is not replaced while it holds training vectors", { timeout: 60_000 }, async () => {
    const engine = await faissEngine();
    const dimension = 32_768;
    const [leaking, trained] = [engine.newHandle(), engine.newHandle()];
    await engine.create(engine, leaking, {
      dimension,
      factory: "Flat",
      nprobe: undefined,
      efSearch: undefined,
    });
    await engine.add(leaking, new Float32Array(dimension).fill(1));
    await engine.create(engine, trained, {
      dimension: 4,
      factory: "IVF2,Flat",
      nprobe: 2,
      efSearch: undefined,
    });
    const before = engineProcesses();
    async function* samples() {
      const vectors = randomUnitVectors(200, 4, seededRandom(8)).flatMap((vector) => [...vector]);
      yield Float32Array.from(vectors);
      // 8 MiB of queries in each round, 72 MiB in total.
      for (let round = 0; round < 9; round++)
        await engine.search(leaking, new Float32Array(dimension * 64).fill(1), 1);
    }
    await engine.train(trained, samples());
    await engine.add(trained, Float32Array.of(0, 0, 0, 1));
    expect((await engine.search(trained, Float32Array.of(0, 0, 0, 1), 1)).scores[0]).toBe(1);
    expect(engineProcesses(), "only after the training").not.toEqual(before);
    engine.free(leaking);
    engine.free(trained);
  });
});

/** Path of an addon that is the real one, except that indexes which are not flat refuse a call. */
async function refusingAddon(call: "add" | "search"): Promise<string> {
  const refusing = JSON.stringify(require.resolve("../testing/refusing-addon.cjs"));
  const path = join(await mkdtemp(join(folder, "refusing-")), "index.cjs");
  await writeFile(path, `module.exports = require(${refusing})(${JSON.stringify(call)});`);
  return path;
}

describe.each(["add", "search"] as const)("an addon that refuses to %s", (call) => {
  const vectors = randomUnitVectors(400, 8, seededRandom(21));
  const items = vectors.map((vector, record) => ({ id: `${record}`, vector, record }));

  it('is replaced by the scan if the engine is "auto"', async () => {
    const options = { faissNode: await refusingAddon(call), scanBelow: 0 };
    const store = await FaissStore.create<number>({ ...options, index: "SQ8" });
    expect(store.engine).toBe("faiss");
    await store.upsert(items);
    const directory = join(folder, `refused-${call}`);
    await store.save(directory);
    for (const answering of [store, await FaissStore.open<number>(directory, options)]) {
      const searches = Array.from({ length: 3 }, () => answering.search(vectors[3]!, { k: 5 }));
      const expected = naiveRanking(vectors, vectors[3]!).slice(0, 5);
      for (const hits of await Promise.all(searches)) {
        expect(hits.map(({ record }) => record)).toEqual(expected.map(({ row }) => row));
      }
    }
  });

  it('is an error if the engine is "faiss"', async () => {
    const options = {
      faissNode: await refusingAddon(call),
      scanBelow: 0,
      engine: "faiss",
    } as const;
    const store = await FaissStore.create<number>({ ...options, index: "SQ8" });
    await store.upsert(items);
    const refusal = { code: "ENGINE_FAILED", message: expect.stringContaining(`no ${call} today`) };
    await expect(store.search(vectors[3]!)).rejects.toMatchObject(refusal);
    expect(store.size).toBe(400);
    if (call === "search") return;
    const directory = join(folder, "refused");
    await store.save(directory);
    await expect(FaissStore.open<number>(directory, options)).rejects.toMatchObject(refusal);
  });
});

describe("how far an index searches", () => {
  const random = seededRandom(31);
  const vectors = randomUnitVectors(3000, 16, random);
  const queries = randomUnitVectors(20, 16, random);

  /** The share of the ten best rows that a search finds. */
  async function recall(store: FaissStore<number>): Promise<number> {
    const results = await store.search(queries, { k: 10, oversample: 1 });
    const found = results.map((hits, position) => {
      const best = new Set(
        naiveRanking(vectors, queries[position]!)
          .slice(0, 10)
          .map(({ row }) => row),
      );
      return hits.filter(({ record }) => best.has(record)).length;
    });
    return found.reduce((sum, count) => sum + count, 0) / (10 * queries.length);
  }

  it.each([
    ["IVF64,Flat", { nprobe: 1 }, { nprobe: 64 }],
    ["HNSW4,Flat", { efSearch: 1 }, { efSearch: 1000 }],
  ])("can be changed when a store is opened, and is saved: %s", async (index, narrow, wide) => {
    const directory = join(folder, `tuned-${index}`);
    const engineOptions = { engine: "faiss", scanBelow: 0 } as const;
    const store = await FaissStore.create<number>({ ...engineOptions, index, ...narrow });
    await store.upsert(vectors.map((vector, record) => ({ vector, record })));
    await store.save(directory);
    const narrowly = await recall(await FaissStore.open<number>(directory, engineOptions));
    expect(narrowly).toBeLessThan(0.6);
    const opened = await FaissStore.open<number>(directory, { ...engineOptions, ...wide });
    const widely = await recall(opened);
    expect(widely).toBeGreaterThan(0.95);
    await opened.save(directory);
    expect(await recall(await FaissStore.open<number>(directory, engineOptions))).toBe(widely);
    expect(
      await recall(await FaissStore.open<number>(directory, { ...engineOptions, ...narrow })),
    ).toBe(narrowly);
  });

  it("can be changed with oversample, too", async () => {
    const directory = join(folder, "tuned-oversample");
    const store = await FaissStore.create<number>({
      scanBelow: 0,
      searchDimension: 2,
      oversample: 1,
    });
    await store.upsert(vectors.map((vector, record) => ({ vector, record })));
    await store.save(directory);
    const expected = naiveRanking(vectors, queries[0]!)[0]!.row;
    const best = async (opened: FaissStore<number>) =>
      (await opened.search(queries[0]!, { k: 1 }))[0]?.record;
    expect(await best(await FaissStore.open<number>(directory, { scanBelow: 0 }))).not.toBe(
      expected,
    );
    const opened = await FaissStore.open<number>(directory, { scanBelow: 0, oversample: 3000 });
    expect(await best(opened)).toBe(expected);
    await opened.save(directory);
    expect(await best(await FaissStore.open<number>(directory, { scanBelow: 0 }))).toBe(expected);
    await expect(FaissStore.open(directory, { oversample: 0 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});

describe("an index other than Flat", () => {
  it.each(["HNSW16,Flat", "SQ8", "IVF8,Flat", "IVF4,PQ2x4", "PQ2x4"])(
    "is trained, saved, extended and read again: %s",
    async (index) => {
      const directory = join(folder, index);
      const { store, expectRanked } = await filledStore({ index, oversample: 1000 }, 1200, 16);
      await expectRanked();
      await store.save(directory);
      const reopened = await FaissStore.open<number>(directory, { engine: "faiss", scanBelow: 0 });
      await expectRanked(reopened);
      await reopened.delete(["0", "1", "2"]);
      await reopened.upsert([{ id: "new", vector: new Float32Array(16).fill(1), record: -1 }]);
      await reopened.save(directory);
      for (const engine of ["faiss", "builtin"] as const) {
        const again = await FaissStore.open<number>(directory, { engine, scanBelow: 0 });
        expect(again.size).toBe(1198);
        expect((await again.search(new Float32Array(16).fill(1), { k: 1 }))[0]?.record).toBe(-1);
        await again.save(directory);
      }
    },
  );

  it("finds most of what an exact search finds, with the default search parameters", async () => {
    const random = seededRandom(4);
    const centers = randomUnitVectors(40, 32, random);
    const vectors = Array.from({ length: 4000 }, (_, row) =>
      centers[row % 40]!.map((value) => value + (random() - 0.5) * 0.3),
    );
    const queries = Array.from({ length: 30 }, (_, row) =>
      centers[row]!.map((value) => value + (random() - 0.5) * 0.2),
    );
    for (const [index, minRecall] of Object.entries({
      "HNSW16,Flat": 0.97,
      SQ8: 0.97,
      "IVF32,Flat": 0.9,
      "IVF32,PQ8x4": 0.6,
    })) {
      const store = await FaissStore.create<number>({ engine: "faiss", scanBelow: 0, index });
      await store.upsert(vectors.map((vector, record) => ({ vector, record })));
      const results = await store.search(queries, { k: 10 });
      let found = 0;
      for (const [position, hits] of results.entries()) {
        const best = new Set(
          naiveRanking(vectors, queries[position]!)
            .slice(0, 10)
            .map(({ row }) => row),
        );
        found += hits.filter(({ record }) => best.has(record)).length;
      }
      expect(found / 300, index).toBeGreaterThanOrEqual(minRecall);
      await store.close();
    }
  });
});

describe("an index file with a length that the file cannot have", () => {
  it.each([
    ["Flat", 37],
    ["HNSW8,Flat", 37],
    ["IVF4,Flat", 90],
    ["SQ8", 65],
    ["PQ2x4", 61],
  ])("is refused before FAISS allocates for it: %s", async (factory, offset) => {
    const dimension = 8;
    const specification = { factory, dimension, nprobe: undefined, efSearch: undefined };
    const vectors = randomUnitVectors(700, dimension, seededRandom(3));
    const numbers = Float32Array.from(vectors.flatMap((vector) => [...vector]));
    const engine = await faissEngine();
    const owner = {};
    const handle = engine.newHandle();
    await engine.create(owner, handle, specification);
    await engine.train(
      handle,
      (async function* () {
        yield numbers;
      })(),
    );
    await engine.add(handle, numbers);
    const path = join(folder, `forged-${factory}`);
    await engine.write(handle, path);
    expect(await engine.read(owner, path, 700, specification)).toMatchObject({ rows: 700 });
    const bytes = await readFile(path);
    bytes.writeBigUInt64LE(2n ** 33n, offset);
    await writeFile(path, bytes);
    await expect(engine.read(owner, path, 700, specification)).rejects.toThrow(/lengths in it/);
  });
});
