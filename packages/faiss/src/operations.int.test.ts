import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStoreError } from "./errors.ts";
import { FaissStore } from "./faiss-store.ts";
import { naiveRanking } from "./testing/random-vectors.ts";
import type { FaissStoreItem, FaissStoreOptions, JsonValue } from "./types.ts";

/** What a store should contain. The expected ranking comes from sorting it. */
type Model = Map<string, { vector: number[]; record: JsonValue }>;

interface Run {
  store: FaissStore<JsonValue>;
  model: Model;
  dimension: number;
  options: FaissStoreOptions;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-operations-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** So few ids that they collide, many of them unusual. */
const ids = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "c",
    "0",
    "-1",
    "__proto__",
    "constructor",
    "火星",
    "🪐",
    "e\u0301",
    "\u0000",
    "\ud800",
    "a\nb",
    '"',
  ),
  fc.string({ minLength: 1, maxLength: 3, unit: "grapheme" }),
);

const records: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constant<JsonValue>({}),
  fc.constant<JsonValue>({ nested: { list: [1, null, "x"], empty: {} } }),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>,
);

/** Small whole numbers, so that there are ties. */
const numbers = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: -8, max: 8 }),
);

function vectors(dimension: number): fc.Arbitrary<number[]> {
  return fc
    .array(numbers, { minLength: dimension, maxLength: dimension })
    .map((vector) =>
      vector.every((value) => Math.abs(value) < 1e-3) ? vector.map(() => 1) : vector,
    );
}

type Operation = (run: Run) => Promise<void>;

function operations(dimension: number): fc.Arbitrary<Operation[]> {
  const items = fc.uniqueArray(
    fc.record({ id: ids, vector: vectors(dimension), record: records }),
    { maxLength: 12, selector: ({ id }) => id },
  );
  const upsert = items.map(
    (given): Operation =>
      async ({ store, model }) => {
        expect(await store.upsert(given)).toEqual(given.map(({ id }) => id));
        for (const { id, vector, record } of given)
          model.set(id, { vector, record: jsonCopy(record) });
      },
  );
  const upsertMany = fc.tuple(fc.integer({ min: 80, max: 400 }), vectors(dimension)).map(
    ([count, direction]): Operation =>
      async ({ store, model }) => {
        const many = Array.from({ length: count }, (_, position) => {
          const vector = direction.map(
            (value, index) => value + Math.fround(Math.sin(position * 31 + index * 17)),
          );
          return { id: `many-${position % 250}`, vector, record: position };
        });
        // Some ids repeat, but not in one call.
        await store.upsert(many.slice(0, 250));
        await store.upsert(many.slice(250));
        for (const { id, vector, record } of many) model.set(id, { vector, record });
      },
  );
  const remove = fc.array(ids, { maxLength: 5 }).map(
    (given): Operation =>
      async ({ store, model }) => {
        const present = new Set(given.filter((id) => model.has(id)));
        expect(await store.delete(given)).toBe(present.size);
        for (const id of present) model.delete(id);
      },
  );
  const removeByFilter = fc.integer({ min: 0, max: 9 }).map(
    (digit): Operation =>
      async ({ store, model }) => {
        const matching = [...model.keys()].filter((id) => id.endsWith(String(digit)));
        expect(await store.delete((_record, id) => id.endsWith(String(digit)))).toBe(
          matching.length,
        );
        for (const id of matching) model.delete(id);
      },
  );
  const search = fc
    .record({
      query: vectors(dimension),
      k: fc.constantFrom(1, 3, 10, 1000),
      filter: fc.constantFrom(undefined, "1", "many-2", "🪐"),
    })
    .map(
      ({ query, k, filter }): Operation =>
        async (run) => {
          const matches = filter === undefined ? () => true : (id: string) => id.includes(filter);
          const hits = await run.store.search(query, { k, filter: (_record, id) => matches(id) });
          checkHits(hits, query, k, matches, run);
        },
    );
  const refuse = fc
    .record({
      item: fc.record({ id: ids, vector: vectors(dimension), record: records }),
      fault: fc.nat(8),
    })
    .map(
      ({ item, fault }): Operation =>
        async ({ store }) => {
          const error = await store
            .upsert([item, spoil(item, fault)])
            .catch((thrown: unknown) => thrown);
          expect(FaissStoreError.isInstance(error)).toBe(true);
        },
    );
  const reopen = fc.constant<Operation>(async (run) => {
    const { engine, scanBelow } = run.options;
    await run.store.save(folder, { overwrite: true });
    await run.store.close();
    run.store = await FaissStore.open(folder, { engine, scanBelow });
  });
  const anyOperation = fc.oneof(
    { arbitrary: upsert, weight: 4 },
    { arbitrary: search, weight: 4 },
    { arbitrary: remove, weight: 2 },
    { arbitrary: removeByFilter, weight: 1 },
    { arbitrary: upsertMany, weight: 1 },
    { arbitrary: refuse, weight: 1 },
    { arbitrary: reopen, weight: 1 },
  );
  return fc.array(anyOperation, { minLength: 2, maxLength: 12 });
}

function spoil(item: FaissStoreItem<JsonValue>, fault: number): FaissStoreItem<JsonValue> {
  const vector = [...item.vector];
  const cyclic: JsonValue[] = [];
  cyclic.push(cyclic);
  const other = { ...item, id: `${item.id} 2` };
  return [
    item, // the same id twice
    { ...other, vector: vector.map(() => Number.NaN) },
    {
      ...other,
      vector: vector.map((_value, index) => (index === 0 ? Number.POSITIVE_INFINITY : 1)),
    },
    { ...other, vector: vector.map(() => 0) },
    { ...other, vector: [...vector, 1] },
    { ...other, id: "" },
    { ...other, record: { at: [Number.NaN] } },
    { ...other, record: (() => 1) as unknown as JsonValue },
    { ...other, record: cyclic },
  ][fault]!;
}

function checkHits(
  hits: { id: string; score: number; record: JsonValue }[],
  query: number[],
  k: number,
  matches: (id: string) => boolean,
  { model, options }: Run,
): void {
  const matching = [...model].filter(([id]) => matches(id));
  const expected = naiveRanking(
    matching.map(([, { vector }]) => vector),
    query,
  );
  expect(hits).toHaveLength(Math.min(k, matching.length));
  const tolerance = options.precision === "int8" ? 0.02 : 2e-6;
  const scoreOf = new Map(expected.map(({ row, score }) => [matching[row]![0], score]));
  for (const [rank, { id, score, record }] of hits.entries()) {
    expect(record).toEqual(model.get(id)!.record);
    expect(Math.abs(score - scoreOf.get(id)!)).toBeLessThan(tolerance);
    expect(Math.abs(score)).toBeLessThanOrEqual(1);
    if (rank > 0) expect(score).toBeLessThanOrEqual(hits[rank - 1]!.score);
    // An exact search finds the best scores. Rows whose scores differ only by rounding may be in
    // another order.
    if (isExact(options)) expect(Math.abs(score - expected[rank]!.score)).toBeLessThan(tolerance);
  }
  expect(new Set(hits.map(({ id }) => id)).size).toBe(hits.length);
}

function isExact({
  index = "Flat",
  searchDimension,
  engine,
  precision,
}: FaissStoreOptions): boolean {
  return (
    (index === "Flat" || engine === "builtin") &&
    searchDimension === undefined &&
    precision !== "int8"
  );
}

function jsonCopy(value: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

function checkContent({ store, model }: Run): void {
  expect(store.ids()).toEqual([...model.keys()]);
  expect(store.size).toBe(model.size);
  for (const [id, { record }] of model) {
    expect(store.has(id)).toBe(true);
    expect(store.get(id)?.record).toEqual(record);
  }
}

describe.each<FaissStoreOptions>([
  { engine: "faiss", scanBelow: 0 },
  { engine: "builtin", scanBelow: 0 },
  { engine: "faiss", scanBelow: 60 },
  { engine: "auto" },
  { engine: "faiss", scanBelow: 0, searchDimension: 4 },
  { engine: "builtin", scanBelow: 0, searchDimension: 4 },
  { engine: "faiss", scanBelow: 0, searchDimension: 4, precision: "int8" },
  { engine: "builtin", scanBelow: 0, precision: "int8" },
  { engine: "faiss", scanBelow: 0, index: "HNSW8,Flat" },
  { engine: "faiss", scanBelow: 0, index: "SQ8" },
  { engine: "faiss", scanBelow: 0, index: "SQfp16", searchDimension: 4 },
  { engine: "faiss", scanBelow: 0, index: "IVF4,Flat" },
  { engine: "faiss", scanBelow: 0, index: "IVF2,PQ2x4" },
  { engine: "faiss", scanBelow: 0, index: "PQ4x4" },
  { engine: "faiss", scanBelow: 0, index: "HNSW8,SQ8" },
  { engine: "builtin", scanBelow: 0, index: "HNSW8,Flat" },
])("random operations with %j", (options) => {
  it("have the same results as with a Map that is sorted", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(operations(8), async (sequence) => {
        const run: Run = {
          store: await FaissStore.create(options),
          model: new Map(),
          dimension: 8,
          options,
        };
        await run.store.upsert([{ id: "first", vector: [1, 0, 0, 0, 0, 0, 0, 0], record: null }]);
        run.model.set("first", { vector: [1, 0, 0, 0, 0, 0, 0, 0], record: null });
        for (const operation of sequence) await operation(run);
        checkContent(run);
        await run.store.close();
      }),
      { numRuns: 12 },
    );
  });
});

describe.each([1, 4096])("random operations in %i dimensions", (dimension) => {
  it("have the same results as with a Map that is sorted", { timeout: 60_000 }, async () => {
    const options = { engine: "faiss", scanBelow: 0 } as const;
    const first = Array.from({ length: dimension }, () => 1);
    await fc.assert(
      fc.asyncProperty(operations(dimension), async (sequence) => {
        const run: Run = {
          store: await FaissStore.create(options),
          model: new Map(),
          dimension,
          options,
        };
        await run.store.upsert([{ id: "first", vector: first, record: null }]);
        run.model.set("first", { vector: first, record: null });
        for (const operation of sequence) await operation(run);
        checkContent(run);
        await run.store.close();
      }),
      { numRuns: dimension === 1 ? 12 : 2 },
    );
  });
});
