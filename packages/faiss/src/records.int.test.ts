import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStore } from "./faiss-store.ts";
import { checkItems } from "./rows/check-items.ts";
import { ForgedStore } from "./testing/saved-store.ts";
import type { FaissStoreFilter, RecordValue } from "./types.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-records-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const dated = { at: new Date("2024-05-01T12:30:00.123Z"), list: [{ at: new Date(-1) }] };

async function storeOf<R>(records: Record<string, R>): Promise<FaissStore<R>> {
  const store = await FaissStore.create<R>({ engine: "builtin", dimension: 2 });
  const entries = Object.entries(records);
  await store.upsert(entries.map(([id, record], row) => ({ id, vector: [1, row], record })));
  return store;
}

async function versionOf(path: string): Promise<number> {
  return JSON.parse(await readFile(join(path, "faiss-store.json"), "utf8")).version;
}

const recordsOf = <R>(store: FaissStore<R>): Record<string, R> =>
  Object.fromEntries([...store].map(({ id, record }) => [id, record]));

describe("dates in records", () => {
  it("are the same in memory, in hits and after a save", async () => {
    const value: fc.Arbitrary<RecordValue> = fc.letrec<{ value: RecordValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.date({ noInvalidDate: true }),
        fc.constantFrom<RecordValue>("2024-05-01T00:00:00.000Z", { $date: 0 }, null, [[0]]),
        // JSON has no -0.
        fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as RecordValue),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("at", "date", "$date", "0", "a.b"), tie("value")),
      ),
    })).value;
    const path = join(folder, "any");
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ minLength: 1 }), value), async (records) => {
        const expected = structuredClone(records);
        const store = await storeOf(records);
        expect(recordsOf(store)).toEqual(expected);
        for (const { id, record } of await store.search([1, 0], { k: 99 }))
          expect(record).toEqual(expected[id]);
        await store.save(path, { overwrite: true });
        expect(recordsOf(await FaissStore.open(path))).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it("raise the format version of a store as long as a file has some", async () => {
    const path = join(folder, "version");
    const plain = Object.fromEntries(Array.from({ length: 20 }, (_, row) => [`${row}`, row]));
    const store = (await storeOf<unknown>(plain)) as FaissStore<unknown>;
    await store.save(path);
    expect(await versionOf(path)).toBe(1);
    await store.upsert([{ id: "dated", vector: [1, 1], record: dated }]);
    await store.save(path);
    expect(await versionOf(path)).toBe(2);
    await store.delete("dated");
    await store.save(path);
    expect(await versionOf(path), "the file with the date is kept").toBe(2);
    const again = await FaissStore.open<unknown>(path);
    expect(recordsOf(again)).toEqual(plain);
    await again.upsert([{ id: "more", vector: [1, 1], record: 1 }]);
    await again.save(path);
    expect((await FaissStore.open(path)).size).toBe(21);
    const fresh = join(folder, "fresh");
    await again.save(fresh);
    expect(await versionOf(fresh)).toBe(1);
    expect(recordsOf(await FaissStore.open(fresh))).toEqual({ ...plain, more: 1 });
  });

  it("fit the version of the store, and a later version is refused", async () => {
    const path = join(folder, "forged");
    await (await storeOf({ dated })).save(path);
    const forged = await ForgedStore.copyOf(path, join(folder, "forged-copy"));
    await forged.sign({ version: 1 });
    await expect(FaissStore.open(forged.directory)).rejects.toMatchObject({ code: "FILE_DAMAGED" });
    await forged.sign({ version: 3 });
    await expect(FaissStore.open(forged.directory)).rejects.toMatchObject({
      code: "NEWER_FORMAT",
      details: { version: 3, supported: 2 },
    });
    await forged.sign({ version: 2 });
    expect(recordsOf(await FaissStore.open(forged.directory))).toEqual({ dated });
  });

  it("are taken over by another store, and can be replaced", async () => {
    const store = await storeOf<unknown>({ other: 1, dated: 2 });
    await store.upsert((await storeOf({ dated })) as FaissStore<unknown>);
    expect(recordsOf(store)).toEqual({ other: 1, dated });
    await store.upsert([{ id: "dated", vector: [1, 2], record: { at: new Date(9) } }]);
    expect(store.get("dated")!.record).toEqual({ at: new Date(9) });
  });
});

describe("filters", () => {
  const changes: Record<string, (record: typeof dated) => unknown> = {
    "sets a property": (record) => Object.assign(record, { at: 1 }),
    "adds a property": (record) => Object.assign(record.list[0]!, { more: 1 }),
    "deletes a property": (record) => {
      delete (record as Partial<typeof dated>).at;
    },
    "changes an array": (record) => record.list.push({ at: new Date(0) }),
    "empties an array": (record) => record.list.pop(),
    "changes a date": (record) => record.at.setFullYear(1999),
    "changes a date inside": (record) => record.list[0]!.at.setTime(0),
  };

  it.each(Object.entries(changes))("cannot change a record: one that %s", async (_, change) => {
    const opened = join(folder, "filtered");
    const original = await storeOf({ dated, other: dated });
    await original.save(opened, { overwrite: true });
    for (const store of [original, await FaissStore.open<typeof dated>(opened)]) {
      const filter: FaissStoreFilter<typeof dated> = (record) => Boolean(change(record)) || true;
      for (const call of [
        () => store.search([1, 0], { filter }),
        () => store.maximalMarginalRelevance([1, 0], { filter }),
        () => store.delete(filter),
      ]) {
        await expect(call()).rejects.toMatchObject({
          code: "INVALID_ARGUMENT",
          details: { id: "dated" },
          cause: expect.any(TypeError),
          message: expect.stringMatching(
            /^The filter threw an error for the item "dated": .* Records are read-only in filters/,
          ),
        });
      }
      expect(recordsOf(store)).toEqual({ dated, other: dated });
    }
  });

  it("that throw name the item and keep the cause", async () => {
    const cause = new RangeError("mine");
    const store = await storeOf({ a: 1, b: 2 });
    const filter = (record: number): boolean => {
      if (record === 2) throw cause;
      return false;
    };
    const error = { code: "INVALID_ARGUMENT", details: { id: "b" }, cause };
    await expect(store.search([1, 0], { filter })).rejects.toMatchObject(error);
    await expect(store.delete(filter)).rejects.toMatchObject(error);
    expect(store.size).toBe(2);
  });

  it("get dates that can be read, and hits that can be changed", async () => {
    const store = await storeOf({ dated });
    const filter = ({ at }: typeof dated) => at > new Date(0) && at.getUTCFullYear() === 2024;
    for (let round = 0; round < 2; round++) {
      const [hit] = await store.search([1, 0], { filter });
      expect(hit!.record).toEqual(dated);
      hit!.record.at.setTime(0);
      hit!.record.list.pop();
      store.get("dated")!.record.at.setTime(0);
    }
    const copy = await FaissStore.create<typeof dated>();
    await copy.upsert(store);
    const seen: (typeof dated)[] = [];
    await store.search([1, 0], { filter: (record) => seen.push(record) > 0 });
    await copy.upsert(seen.map((record) => ({ id: "seen", vector: [1, 0], record })));
    expect(recordsOf(copy)).toEqual({ dated, seen: dated });
    copy.get("seen")!.record.at.setTime(0);
  });
});

it("a large record and many of them can be saved and opened", { timeout: 60_000 }, async () => {
  const path = join(folder, "large");
  // No piece may cut a surrogate pair, wherever it ends.
  const large = `${"x".repeat(2 ** 20 - 12)}${"🪐".repeat(2 ** 18)}`;
  const records = Object.fromEntries(
    Array.from({ length: 40 }, (_, row) => [`${row}`, row % 4 === 0 ? `${row}${large}` : "small"]),
  );
  await (await storeOf(records)).save(path);
  expect(recordsOf(await FaissStore.open(path))).toEqual(records);
  expect(await versionOf(path)).toBe(1);
  const half = "x".repeat(2 ** 28);
  const store = await storeOf<unknown>({ a: 1 });
  const items = [
    { id: "b", vector: [1, 2], record: 2 },
    { id: "huge", vector: [1, 2], record: [half, half] },
  ];
  await expect(store.upsert(items)).rejects.toMatchObject({
    code: "INVALID_RECORD",
    message: expect.stringContaining('Item 1 ("huge") cannot be stored: record needs more than'),
  });
  expect(store.size).toBe(1);
});

describe("checkItems", () => {
  it("takes what upsert takes", async () => {
    await checkItems([]);
    await checkItems(
      new Set([{ id: "a", record: dated }, { record: null }, { id: null, record: 1 }]),
    );
  });

  it("returns what the items were at the call", async () => {
    const record = { tags: ["a"] };
    const checked = checkItems([{ id: "a", record }]);
    record.tags.push("changed");
    expect(await checked).toEqual([{ id: "a", record: { tags: ["a"] } }]);
  });

  it.each<[string, unknown, object]>([
    ["INVALID_ARGUMENT", 5, { items: 5 }],
    ["INVALID_ARGUMENT", [{ record: 1 }, undefined], { position: 1 }],
    ["INVALID_ARGUMENT", ["Mars"], { position: 0 }],
    ["INVALID_ARGUMENT", [{ record: 1 }, { id: 5, record: 1 }], { position: 1, id: 5 }],
    [
      "INVALID_ARGUMENT",
      [{ id: "a", record: 1 }, { record: 1 }, { id: "a", record: 1 }],
      { id: "a", count: 2, positions: [0, 2] },
    ],
    ["INVALID_RECORD", [{ record: 1 }, {}], { position: 1, path: "record" }],
    ["INVALID_RECORD", [{ id: "a", record: 1n }], { position: 0, id: "a", path: "record" }],
  ])("throws %s for %o", async (code, items, details) => {
    await expect(checkItems(items as never)).rejects.toMatchObject({ code, details });
  });
});
