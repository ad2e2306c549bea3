import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { FaissStoreError } from "./errors.ts";
import { FaissStore } from "./faiss-store.ts";
import type { LangChainDocument } from "./interchange-types.ts";
import { checkSearchOptions } from "./search/search-options.ts";
import { naiveRanking, randomUnitVectors, seededRandom } from "./testing/random-vectors.ts";
import type { FaissStoreOptions } from "./types.ts";

interface Planet {
  name: string;
  rings?: boolean;
}

const planets = [
  { id: "venus", vector: [1, 0, 0], record: { name: "Venus" } },
  { id: "mars", vector: [0, 2, 0], record: { name: "Mars" } },
  { id: "saturn", vector: [0, 1, 1], record: { name: "Saturn", rings: true } },
];

describe.each([
  { engine: "faiss", scanBelow: 0 },
  { engine: "faiss" },
  { engine: "builtin", scanBelow: 0 },
  { engine: "builtin" },
] as const)("FaissStore with %j", (engineOptions) => {
  async function planetStore(options: FaissStoreOptions = {}) {
    const store = await FaissStore.create<Planet>({ ...engineOptions, ...options });
    await store.upsert(planets);
    return store;
  }

  it("finds the best items by cosine, best first", async () => {
    const store = await planetStore();
    const hits = await store.search([0, 0.5, 0], { k: 2 });
    expect(hits.map(({ id }) => id)).toEqual(["mars", "saturn"]);
    expect(hits[0]?.score).toBe(1);
    expect(hits[1]?.score).toBeCloseTo(Math.SQRT1_2, 6);
    expect(hits[0]?.record).toEqual({ name: "Mars" });
    expect(store.engine).toBe(engineOptions.engine);
  });

  it("finds nothing in an empty store", async () => {
    const unknown = await FaissStore.create(engineOptions);
    expect(await unknown.search([1, 2], { k: 3 })).toEqual([]);
    expect(unknown.dimension).toBeUndefined();
    for (const [query, code] of [
      ["text", "INVALID_ARGUMENT"],
      [[{}], "INVALID_ARGUMENT"],
      [[1, Number.NaN], "INVALID_VECTOR"],
      [[0, 0], "INVALID_VECTOR"],
    ] as [number[], string][]) {
      await expect(unknown.search(query)).rejects.toMatchObject({ code });
      await expect(unknown.maximalMarginalRelevance(query)).rejects.toMatchObject({ code });
    }
    const known = await FaissStore.create({ ...engineOptions, dimension: 3 });
    expect(await known.search([[1, 2, 3]], { k: 3 })).toEqual([[]]);
    expect(await known.maximalMarginalRelevance([1, 2, 3])).toEqual([]);
    expect(await known.delete(["mars"])).toBe(0);
    expect(await known.upsert([])).toEqual([]);
    await expect(known.search([1, 2])).rejects.toMatchObject({ code: "DIMENSION_MISMATCH" });
  });

  it("returns all items if k is larger than the size", async () => {
    const store = await planetStore();
    expect(await store.search([1, 1, 1], { k: 1000 })).toHaveLength(3);
  });

  it("searches for several queries in order, and for an empty list", async () => {
    const store = await planetStore();
    const results = await store.search(
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
      { k: 1 },
    );
    expect(results.map(([hit]) => hit?.id)).toEqual(["venus", "mars"]);
    expect(await store.search([])).toEqual([]);
  });

  it("creates missing ids", async () => {
    const store = await FaissStore.create<null>(engineOptions);
    const ids = await store.upsert([
      { vector: [1, 0], record: null },
      { id: "given", vector: [0, 1], record: null },
      { id: undefined, vector: [1, 1], record: null },
      { id: null, vector: [1, 2], record: null },
    ]);
    expect(ids[1]).toBe("given");
    expect(new Set(ids).size).toBe(4);
    expect(store.ids()).toEqual(ids);
  });

  it("keeps the place of a replaced item", async () => {
    const store = await planetStore();
    await store.upsert([{ id: "venus", vector: [0, 0, 1], record: { name: "Venus again" } }]);
    expect(store.size).toBe(3);
    expect(store.ids()).toEqual(["venus", "mars", "saturn"]);
    expect(store.get("venus")).toEqual({
      id: "venus",
      vector: new Float32Array([0, 0, 1]),
      record: { name: "Venus again" },
    });
    expect((await store.search([1, 0, 0], { k: 1 }))[0]?.score).toBe(0);
    const [first] = await store.search([0, 0, 1], { k: 1 });
    expect(first).toEqual({ id: "venus", score: 1, record: { name: "Venus again" } });
  });

  it("refuses the same id twice in one call, and changes nothing", async () => {
    const store = await FaissStore.create<number>(engineOptions);
    await store.upsert([{ id: "b", vector: [1, 1], record: 2 }]);
    const ids = ["a", "b", "c", "b", undefined, "b", undefined];
    const items = ids.map((id, record) => ({ id, vector: [1, record], record }));
    await expect(store.upsert(items)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining('The id "b" occurs 3 times in one call (items 1, 3, 5)'),
      details: { id: "b", count: 3, positions: [1, 3, 5] },
    });
    expect([...store]).toMatchObject([{ id: "b", record: 2 }]);
    const many = Array.from({ length: 9 }, () => items[0]!);
    await expect(store.upsert(many)).rejects.toThrow(
      "9 times in one call (items 0, 1, 2, 3, 4, …)",
    );
    const empty = await FaissStore.create<number>(engineOptions);
    await expect(empty.upsert(many)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect([empty.size, empty.dimension]).toEqual([0, undefined]);
  });

  it("breaks ties by insertion order, even if there are more than k", async () => {
    const store = await FaissStore.create<number>({ ...engineOptions, searchDimension: 2 });
    await store.upsert(
      Array.from({ length: 300 }, (_, record) => ({ id: `${record}`, vector: [1, 2, 3], record })),
    );
    await store.upsert([{ id: "7", vector: [1, 2, 3], record: 7 }]);
    const hits = await store.search([3, 2, 1], { k: 9 });
    expect(hits.map(({ record }) => record)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("filters exactly, whether few or many match", async () => {
    const random = seededRandom(3);
    const vectors = randomUnitVectors(2000, 16, random);
    const [query] = randomUnitVectors(1, 16, random) as [Float32Array];
    const store = await FaissStore.create<number>(engineOptions);
    await store.upsert(vectors.map((vector, record) => ({ vector, record })));
    for (const modulus of [1, 2, 10, 300, 1999, 5000]) {
      const hits = await store.search(query, {
        k: 20,
        filter: (record) => record % modulus === modulus - 1,
      });
      const expected = naiveRanking(vectors, query).filter(
        ({ row }) => row % modulus === modulus - 1,
      );
      expect(hits.map(({ record }) => record)).toEqual(expected.slice(0, 20).map(({ row }) => row));
    }
    const byId = await store.search(query, { filter: (_record, id) => id === store.ids()[5] });
    expect(byId.map(({ record }) => record)).toEqual([5]);
  });

  it("leaves out hits with a score below minScore", async () => {
    const store = await planetStore();
    expect((await store.search([0, 1, 0], { minScore: 0.5 })).map(({ id }) => id)).toEqual([
      "mars",
      "saturn",
    ]);
    expect(await store.search([0, -1, 0], { minScore: 0.5 })).toEqual([]);
    const checked = checkSearchOptions<Planet>({}); // Its minScore is -Infinity.
    expect(await store.search([0, -1, 0], checked)).toHaveLength(3);
  });

  it("lets other work run while a slow filter chooses what to delete", async () => {
    const store = await FaissStore.create<number>();
    const items = Array.from({ length: 200 }, (_, record) => ({ vector: [1, record], record }));
    await store.upsert(items);
    let turns = 0;
    const turn = () => {
      turns++;
      immediate = setImmediate(turn);
    };
    let immediate = setImmediate(turn);
    const seen = new Set<number>();
    await store.delete(() => {
      seen.add(turns);
      for (const start = performance.now(); performance.now() - start < 0.1; );
      return false;
    });
    clearImmediate(immediate);
    expect(seen.size).toBeGreaterThan(1);
  });

  it("deletes by id, by ids and by filter", async () => {
    const store = await planetStore();
    expect(await store.delete("pluto")).toBe(0);
    expect(await store.delete(["venus", "pluto", "venus"])).toBe(1);
    expect(store.has("venus")).toBe(false);
    expect(store.get("venus")).toBeUndefined();
    expect(await store.delete((record) => record.rings === true)).toBe(1);
    expect(store.ids()).toEqual(["mars"]);
    expect((await store.search([1, 1, 1])).map(({ id }) => id)).toEqual(["mars"]);
    await store.upsert([planets[0]!]);
    expect(store.ids()).toEqual(["mars", "venus"]);
  });

  it("deletes nothing by a function that returns neither true nor false", async () => {
    const store = await planetStore();
    const filter = (_record: unknown, id: string) => (id === "mars" ? true : id);
    await expect(store.delete(filter as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message:
        'The filter of a deletion must return true or false, but it returned "venus" for the ' +
        'item "venus". Nothing was deleted. Compare the value, or return Boolean(value).',
      details: { id: "venus" },
    });
    expect(store.size).toBe(3);
  });

  it("has the same hits after it removed dead rows", async () => {
    const vectors = randomUnitVectors(4000, 8, seededRandom(5));
    const store = await FaissStore.create<number>(engineOptions);
    await store.upsert(vectors.map((vector, record) => ({ id: `${record}`, vector, record })));
    expect(await store.delete((record) => record % 4 !== 0)).toBe(3000);
    const kept = vectors.filter((_vector, row) => row % 4 === 0);
    const expected = naiveRanking(kept, vectors[1]!).slice(0, 10);
    const hits = await store.search(vectors[1]!, { k: 10 });
    expect(hits.map(({ record }) => record)).toEqual(expected.map(({ row }) => row * 4));
    expect(store.ids().slice(0, 3)).toEqual(["0", "4", "8"]);
  });

  it("copies records when they are stored and when they are returned", async () => {
    const store = await FaissStore.create<{ tags: string[] }>(engineOptions);
    const record = { tags: ["red"] };
    await store.upsert([{ id: "mars", vector: [1], record }]);
    record.tags.push("changed");
    store.get("mars")!.record.tags.push("changed");
    (await store.search([1]))[0]!.record.tags.push("changed");
    expect(store.get("mars")!.record).toEqual({ tags: ["red"] });
  });

  it("normalizes vectors, but stores unit vectors unchanged", async () => {
    const store = await FaissStore.create<null>({ ...engineOptions, dimension: 2 });
    const unit = new Float32Array([0.6, 0.8]);
    await store.upsert([
      { id: "unit", vector: unit, record: null },
      { id: "long", vector: [3e200, 4e200], record: null },
      { id: "short", vector: new Float64Array([3e-200, -4e-200]), record: null },
      { id: "tiny", vector: [5e-324, 0], record: null },
    ]);
    expect(store.get("unit")?.vector).toEqual(unit);
    expect(store.get("long")?.vector).toEqual(unit);
    expect(store.get("short")?.vector).toEqual(new Float32Array([0.6, -0.8]));
    expect(store.get("tiny")?.vector).toEqual(new Float32Array([1, 0]));
  });

  it("accepts vectors of another realm, such as that of Jest's tests", async () => {
    const store = await FaissStore.create<null>(engineOptions);
    for (const type of ["Float32Array", "Float64Array", "Array"]) {
      const vector = runInNewContext(`${type}.of(3, 4)`);
      await store.upsert([{ id: type, vector, record: null }]);
      expect(store.get(type)?.vector).toEqual(new Float32Array([0.6, 0.8]));
      expect(await store.search(vector)).toHaveLength(store.size);
    }
  });

  it("accepts any iterable of items", async () => {
    const store = await FaissStore.create<number>(engineOptions);
    const numbers = new Map([
      ["a", 1],
      ["b", 2],
    ]);
    function* items() {
      for (const [id, record] of numbers) yield { id, vector: [1, record], record };
    }
    expect(await store.upsert(items())).toEqual(["a", "b"]);
    expect(await store.upsert(new Set([{ id: "c", vector: [1, 3], record: 3 }]))).toEqual(["c"]);
    expect([...store].map(({ record }) => record)).toEqual([1, 2, 3]);
    await expect(store.upsert(numbers as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("Item 0"),
    });
  });

  it.each([
    [
      { id: "a", vector: [1, 2], record: 1, metadata: {} },
      /^Item 1 has the unknown field `metadata`\. An item has only id, vector and record/,
    ],
    [{ id: "a", embedding: [1, 2], record: 1 }, /`embedding`\. Did you mean `vector`\?$/],
    [{ id: "a", vector: [1, 2], metadata: {} }, /`metadata`\. Did you mean `record`\?$/],
    [["a", [1, 2], {}], /^Item 1 must be \{ id, vector, record \}; an array of 3 was given/],
  ])("does not leave out a part of %j", async (item, message) => {
    const store = await FaissStore.create();
    const first = { id: "z", vector: [1, 2], record: null, metadata: undefined };
    await expect(store.upsert([first, item as never])).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(message),
    });
    expect(store.size).toBe(0);
  });

  it("iterates in insertion order while it changes", async () => {
    const store = await planetStore();
    const seen: string[] = [];
    for (const { id } of store) {
      seen.push(id);
      if (id === "venus") await store.delete("mars");
    }
    expect(seen).toEqual(["venus", "saturn"]);
  });

  it("loses no change if calls overlap", async () => {
    const store = await FaissStore.create<number>(engineOptions);
    const vectors = randomUnitVectors(500, 8, seededRandom(9));
    const calls: Promise<unknown>[] = [];
    for (const [record, vector] of vectors.entries()) {
      calls.push(store.upsert([{ id: `${record}`, vector, record }]));
      if (record % 50 === 0)
        calls.push(store.search(vector, { k: 5 }), store.delete(`${record - 1}`));
    }
    await Promise.all(calls);
    expect(store.size).toBe(491);
    expect((await store.search(vectors[42]!, { k: 1 }))[0]?.record).toBe(42);
  });

  it("adds no item if one is invalid", async () => {
    const store = await planetStore();
    const before = [...store];
    const items = [planets[0]!, { id: "bad", vector: [1, Number.NaN, 0], record: { name: "" } }];
    await expect(store.upsert(items)).rejects.toMatchObject({ code: "INVALID_VECTOR" });
    expect([...store]).toEqual(before);
    const fresh = await FaissStore.create<Planet>(engineOptions);
    await expect(
      fresh.upsert([...planets, { vector: [1, 2], record: { name: "short" } }]),
    ).rejects.toThrow();
    expect(fresh.dimension).toBeUndefined();
    await fresh.upsert([{ vector: [1, 2], record: { name: "short" } }]);
    expect(fresh.size).toBe(1);
  });

  it("adds all items of an array that is emptied after the call", async () => {
    const store = await FaissStore.create<number>(engineOptions);
    const items = Array.from({ length: 100 }, (_, record) => ({ vector: [1, record], record }));
    const adding = store.upsert(items);
    items.length = 0;
    expect(await adding).toHaveLength(100);
  });

  it("finds diverse items by maximal marginal relevance", async () => {
    const store = await FaissStore.create<null>(engineOptions);
    await store.upsert(
      Object.entries({
        best: [1, 0.1, 0],
        twin: [1, 0.11, 0],
        other: [0.7, 0, 0.7],
        far: [-1, 0, 0],
      }).map(([id, vector]) => ({ id, vector, record: null })),
    );
    const idsFor = async (lambda: number) =>
      (await store.maximalMarginalRelevance([1, 0, 0], { k: 2, lambda, fetchK: 3 })).map(
        ({ id }) => id,
      );
    expect(await idsFor(1)).toEqual(["best", "twin"]);
    expect(await idsFor(0.3)).toEqual(["best", "other"]);
    const [, second] = await store.maximalMarginalRelevance([1, 0, 0], {
      k: 2,
      lambda: 0.3,
      fetchK: 3,
    });
    expect(second?.score).toBeCloseTo(Math.SQRT1_2, 5);
  });

  it("chooses by maximal marginal relevance from no more hits than asked for", async () => {
    const store = await planetStore();
    const best = await store.search(planets[0]!.vector, { k: 3 });
    const find = async (options: object) =>
      (await store.maximalMarginalRelevance(planets[0]!.vector, { lambda: 1, ...options })).map(
        ({ id }) => id,
      );
    const ids = best.map(({ id }) => id);
    expect(await find({ k: 3, fetchK: 2 })).toEqual(ids.slice(0, 2));
    expect(await find({ k: 4, fetchK: 1 })).toEqual(ids.slice(0, 1));
    expect(await find({ k: 3, minScore: 0.99 })).toEqual(ids.slice(0, 1));
    expect(await find({ k: 3, minScore: 1 })).toEqual(ids.slice(0, 1));
  });

  it("can be closed", async () => {
    const store = await planetStore();
    await store.close();
    await store.close();
    await expect(store.search([1, 0, 0])).rejects.toMatchObject({ code: "CLOSED" });
    await expect(store.upsert(planets)).rejects.toMatchObject({ code: "CLOSED" });
    for (const read of [
      () => store.get("mars"),
      () => store.has("mars"),
      () => store.ids(),
      () => [...store],
    ]) {
      expect(read).toThrow("The store was closed.");
    }
  });
});

describe("FaissStore's Matryoshka search", () => {
  it.each(["faiss", "builtin"] as const)(
    "chooses candidates by the leading numbers only (%s)",
    async (engine) => {
      const store = await FaissStore.create<string>({
        engine,
        scanBelow: 0,
        searchDimension: 2,
        oversample: 2,
      });
      await store.upsert([
        { vector: [1, 0, 0, 0], record: "exact" },
        { vector: [0.9, 0.1, 3, 0], record: "near in front" },
        { vector: [0.9, 0.2, 2, 0], record: "next in front" },
        { vector: [0.1, 0.1, 0, 0.02], record: "nearer, but not in front" },
      ]);
      const hits = await store.search([1, 0, 0, 0], { k: 1 });
      expect(hits.map(({ record }) => record)).toEqual(["exact"]);
      const tilted = await store.search([0.9, 0.15, 0, 0], { k: 1 });
      expect(tilted[0]?.record).toBe("next in front");
      const all = await store.search([0.9, 0.15, 0, 0], { k: 1, oversample: 4 });
      expect(all[0]?.record).toBe("exact");
    },
  );

  it("scores all full vectors if the leading numbers of the query are zeros", async () => {
    const store = await FaissStore.create<number>({
      scanBelow: 0,
      searchDimension: 2,
      oversample: 1,
    });
    await store.upsert(
      Array.from({ length: 50 }, (_, record) => ({ vector: [1, 1, record, 1], record })),
    );
    expect((await store.search([0, 0, 1, 0], { k: 1 }))[0]?.record).toBe(49);
  });
});

/** States its identity as an embedder does. */
class Stated {
  readonly model = "a";
  get identity() {
    return this.model;
  }
}

describe("FaissStore's errors", () => {
  it.each([0, -1, 1.5, Number.NaN, "3", null])("refuses k: %s", async (k) => {
    const store = await FaissStore.create({ dimension: 2 });
    const error = await store.search([1, 2], { k: k as number }).catch((thrown: unknown) => thrown);
    expect(FaissStoreError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", details: { k } });
  });

  it("names both dimensions", async () => {
    const store = await FaissStore.create({ dimension: 3 });
    await expect(store.search([1, 2])).rejects.toThrow(
      "The store has vectors of 3 numbers, but the query has 2.",
    );
    await expect(store.upsert([{ id: "x", vector: [1], record: null }])).rejects.toThrow(
      'The store has vectors of 3 numbers, but the vector of item 0 ("x") has 1.',
    );
  });

  it.each([
    [new Int8Array(2), /Float32Array, a Float64Array or an array .* is an object \(Int8Array\)\.$/],
    [Promise.resolve([1, 2]), /is an object \(Promise\)\. Add the missing `await`\.$/],
  ])("refuses %o as a vector, the first of a store or a later one", async (given, message) => {
    for (const store of [await FaissStore.create(), await FaissStore.create({ dimension: 2 })])
      await expect(store.upsert([{ vector: given as never, record: null }])).rejects.toMatchObject({
        code: expect.stringMatching(/^(INVALID_VECTOR|INVALID_ARGUMENT)$/),
        message: expect.stringMatching(message),
      });
  });

  it.each([
    [{ dimension: 0 }, "dimension must be a whole number from 1 to 65536; 0 was given."],
    [{ dimension: 1.5 }, "dimension must be a whole number from 1 to 65536; 1.5 was given."],
    [
      { dimension: 4, searchDimension: 8 },
      "searchDimension must be at most dimension, which is 4; 8 was given.",
    ],
    [{ engine: "gpu" }, 'engine must be one of "auto", "faiss", "builtin"; "gpu" was given.'],
    [{ exactBelow: 0 }, "The option `exactBelow` is now called `scanBelow`."],
    [{ rescore: "int8" }, "The option `rescore` is now called `precision`."],
    [{ index: "PCA64,Flat", dimension: 4 }, 'does not support the factory string "PCA64,Flat"'],
    [{ index: "PQ3", dimension: 4 }, "splits vectors into 3 parts, but the 4 numbers"],
    [{ oversample: 0.5 }, "oversample must be a number of at least 1; 0.5 was given."],
    [
      { identity: { layers: 1n } },
      "an object (Object) was given. identity.layers is 1n. Store String(value)",
    ],
    [{ identity: { made: new Date(0) } }, "identity.made is a Date. Use date.toISOString()."],
    [{ identity: { scale: [Number.NaN] } }, "identity.scale[0] is NaN."],
    [
      { identity: 5 },
      "identity must be a string or a plain object that JSON can represent; 5 was given.",
    ],
    [{ identity: new Stated() }, "(Stated) was given. Pass its property `identity`."],
    [{ identity: { identity: "a", size: 1n } }, "identity.size is 1n."],
    [
      { identity: Object.assign(() => {}, { identity: async () => "a" }) },
      "a function was given. Pass `await` and a call of its method `identity()`.",
    ],
    [
      { identity: async () => "a" },
      "a function was given. Call it: `await embeddings.identity()`.",
    ],
    [null, "options must be an object; null was given."],
    [[], "options must be an object; an array of 0 was given."],
    [{ searchDimensions: 4 }, "Did you mean `searchDimension`?"],
    [{ index: "HNSW32,Flt" }, 'does not support the factory string "HNSW32,Flt"'],
    [{ index: "PQ5", searchDimension: 128 }, '"PQ5" splits vectors into 5 parts'],
  ])("refuses options %o", async (options, message) => {
    const error = await FaissStore.create(options as FaissStoreOptions).catch(
      (thrown: unknown) => thrown,
    );
    expect(FaissStoreError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });

  it('accepts "exact", the former name of the engine "builtin"', async () => {
    const store = await FaissStore.create({ engine: "exact", index: "SQ8" });
    expect(store.engine).toBe("builtin");
  });

  it("has its own copy of the identity", async () => {
    const identity = { model: "tiny", layers: [1, 2] };
    const store = await FaissStore.create({ identity });
    identity.layers.push(3);
    expect(store.identity).toEqual({ model: "tiny", layers: [1, 2] });
    expect(() => (store.identity as typeof identity).layers.push(3)).toThrow(TypeError);
  });

  it("refuses unknown options and wrong values, and suggests what is right", async () => {
    const store = await FaissStore.create<LangChainDocument>({ dimension: 2 });
    const wrong = (options: object) => options as never;
    const calls: [() => Promise<unknown>, string][] = [
      [() => FaissStore.open("folder", wrong({ preset: "small" })), "A saved store keeps its own."],
      [() => FaissStore.open("folder", wrong({ searchDimension: 2 })), "`upsert(saved)`"],
      [() => FaissStore.open("folder", wrong({ exactBelow: 0 })), "`scanBelow`"],
      [() => FaissStore.import("folder", wrong({ indexname: "index" })), "`indexName`"],
      [() => FaissStore.import("folder", { index: "banana" }), 'factory string "banana"'],
      [() => store.search([1, 2], wrong({ topK: 3 })), "no option `topK`. Did you mean `k`?"],
      [() => store.search([1, 2], wrong({ rerank: true })), "The options are k, "],
      [() => store.search([1, 2], wrong({ metric: "l2" })), "Scores are always cosines."],
      [() => FaissStore.create(wrong({ distance_strategy: "l2" })), "Scores are always cosines."],
      [() => store.search([1, 2], wrong({ minscore: 0 })), "`minScore`"],
      [() => store.search([1, 2], { minScore: 70 }), "minScore must be a cosine from -1 to 1; 70"],
      [() => store.search([1, 2], { minScore: -1.1 }), "minScore must be a cosine from -1 to 1"],
      [() => store.maximalMarginalRelevance([1, 2], { minScore: 1.1 }), "minScore must be"],
      [() => store.maximalMarginalRelevance([1, 2], wrong({ fetchk: 9 })), "`fetchK`"],
      [() => store.save("folder", wrong({ override: true })), "`overwrite`"],
      [() => store.exportLangChainPython("folder", wrong({ toDocuments: null })), "`toDocument`"],
    ];
    for (const [call, message] of calls) {
      const error = await call().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(message),
      });
    }
  });

  it("says why faiss-node does not load, and what to do", async () => {
    const folder = await mkdtemp(join(tmpdir(), "faiss-node-"));
    const throwing = join(folder, "throwing.cjs");
    const missing = join(folder, "missing.cjs");
    const unbuilt = join(folder, "unbuilt.cjs");
    const require = createRequire(createRequire(import.meta.url).resolve("faiss-node"));
    const bindings = require.resolve("bindings");
    await writeFile(throwing, "throw new Error('GLIBC_2.38 not found')");
    await writeFile(missing, "require('bindings-of-faiss')");
    await writeFile(join(folder, "package.json"), "{}");
    await writeFile(unbuilt, `require(${JSON.stringify(bindings)})("never-built.node")`);
    for (const [faissNode, reason] of [
      ["no-such-module", "Cannot find module 'no-such-module'"],
      [missing, "Cannot find module 'bindings-of-faiss'"],
      [throwing, "GLIBC_2.38 not found"],
      [unbuilt, "Could not locate the bindings file"],
    ] as const) {
      const name = JSON.stringify(faissNode);
      await expect(FaissStore.create({ engine: "faiss", faissNode })).rejects.toMatchObject({
        code: "ENGINE_UNAVAILABLE",
        message:
          `faiss-node (${name}) could not be loaded: ${reason}. Run ` +
          "`npm install --ignore-scripts faiss-node`, then `npx embeddinggemma build-faiss`, " +
          "which downloads or compiles its addon. In a bundle, keep @embeddinggemma/faiss and " +
          'faiss-node external. Or use another engine: "builtin" needs no addon, and "auto" uses ' +
          "FAISS only if it loads.",
      });
    }
    await rm(folder, { recursive: true });
    const store = await FaissStore.create({ index: "SQ8", faissNode: "no-such-module" });
    expect(store.engine).toBe("builtin");
  });

  it("works without an addon whose file is damaged", async () => {
    const folder = await mkdtemp(join(tmpdir(), "faiss-node-"));
    const faissNode = join(folder, "faiss-node.node");
    await writeFile(faissNode, "An interrupted download.");
    await expect(FaissStore.create({ engine: "faiss", faissNode })).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining(`faiss-node (${JSON.stringify(faissNode)}) could not be`),
    });
    const store = await FaissStore.create({ index: "SQ8", faissNode });
    expect(store.engine).toBe("builtin");
    await rm(folder, { recursive: true });
  });

  it("takes FAISS for all indexes but Flat, also for a saved one", async () => {
    const directory = await mkdtemp(join(tmpdir(), "faiss-engine-"));
    for (const [options, engine] of [
      [{}, "builtin"],
      [{ preset: "small" }, "builtin"],
      [{ index: "Flat", searchDimension: 1 }, "builtin"],
      [{ index: "SQ8" }, "faiss"],
      [{ index: "HNSW8,Flat" }, "faiss"],
    ] as const) {
      const store = await FaissStore.create({ dimension: 2, ...options });
      expect(store.engine, JSON.stringify(options)).toBe(engine);
      await store.save(directory, { overwrite: true });
      expect((await FaissStore.open(directory)).engine).toBe(engine);
      expect((await FaissStore.open(directory, { engine: "builtin" })).engine).toBe("builtin");
      expect((await FaissStore.open(directory, { engine: "faiss" })).engine).toBe("faiss");
    }
    await rm(directory, { recursive: true });
  });
});
