import { describe, expectTypeOf, it } from "vitest";
import { FaissStore, type FaissStoreEntry, type FaissStoreHit, type RecordValue } from "./index.ts";

interface Doc {
  text: string;
}

describe("FaissStore", () => {
  it("has the type of its records", async () => {
    const store = await FaissStore.create<Doc>({ dimension: 2 });
    expectTypeOf(await store.search([1, 2])).toEqualTypeOf<FaissStoreHit<Doc>[]>();
    expectTypeOf(await store.search(new Float32Array(2))).toEqualTypeOf<FaissStoreHit<Doc>[]>();
    expectTypeOf(await store.search([[1, 2]])).toEqualTypeOf<FaissStoreHit<Doc>[][]>();
    expectTypeOf(await store.search([new Float32Array(2)])).toEqualTypeOf<FaissStoreHit<Doc>[][]>();
    expectTypeOf(store.get("a")).toEqualTypeOf<FaissStoreEntry<Doc> | undefined>();
    expectTypeOf([...store]).toEqualTypeOf<FaissStoreEntry<Doc>[]>();
    await store.search([1, 2], { filter: (record, id) => record.text === id });
    // @ts-expect-error a record must have the type of the store's records
    await store.upsert([{ vector: [1, 2], record: { title: "" } }]);
    await FaissStore.create({ index: "HNSW32,Flat", precision: undefined });
    await FaissStore.create({ index: "HNSW64,Flat" });
    // @ts-expect-error an engine that does not exist
    await FaissStore.create({ engine: "gpu" });
  });

  it("has records of JSON and dates by default", async () => {
    const store = await FaissStore.open("folder");
    expectTypeOf(store).toEqualTypeOf<FaissStore<RecordValue>>();
  });
});
