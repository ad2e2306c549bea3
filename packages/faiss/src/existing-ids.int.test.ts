import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FaissStore } from "./faiss-store.ts";

const itemsOf = (record: string, ...ids: string[]) =>
  ids.map((id, row) => ({ id, vector: [1, row], record }));

describe('upsert with existingIds: "error"', () => {
  let store: FaissStore<string>;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "faiss-existing-ids-"));
  });
  beforeEach(async () => {
    store = await FaissStore.create<string>({ engine: "builtin" });
    await store.upsert(itemsOf("old", "a", "b", "c", "d", "e", "f"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const options = { existingIds: "error" } as const;

  it("adds new items, also after their ids were deleted", async () => {
    expect(await store.upsert(itemsOf("new", "g"), options)).toEqual(["g"]);
    await store.delete("a");
    expect(await store.upsert(itemsOf("new", "a"), options)).toEqual(["a"]);
    expect(store.get("a")?.record).toBe("new");
    expect(await store.upsert([{ vector: [1, 2], record: "without id" }], options)).toHaveLength(1);
  });

  it("names the ids that exist, and changes nothing", async () => {
    const before = [...store];
    const items = itemsOf("new", "x", "f", "e", "d", "c", "b", "a");
    const saveTo = join(folder, "refused");
    await expect(store.upsert(items, { ...options, saveTo })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message:
        'The store has items with the ids "f", "e", "d", "c", "b", … already (6 in all). ' +
        "Delete them first, or leave them out. Nothing was changed.",
      details: { ids: ["f", "e", "d", "c", "b", "a"] },
    });
    expect([...store]).toEqual(before);
    expect(await readdir(folder)).toEqual([]);
    expect(await store.search([1, 9], { k: 10 })).toHaveLength(6);
  });

  it("refuses an id that an earlier call is about to add", async () => {
    const [first, second, third] = await Promise.allSettled([
      store.upsert(itemsOf("first", "x", "y")),
      store.upsert(itemsOf("second", "y", "z"), options),
      store.upsert(itemsOf("third", "z"), options),
    ]);
    expect([first, second, third].map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(["x", "y", "z"].map((id) => store.get(id)?.record)).toEqual(["first", "first", "third"]);
  });

  it("refuses another value, and replaces by default", async () => {
    await expect(
      store.upsert(itemsOf("new", "a"), { existingIds: "skip" as never }),
    ).rejects.toThrow(/existingIds must be one of "replace", "error"; "skip" was given/);
    await store.upsert(itemsOf("new", "a"), { existingIds: "replace" });
    await store.upsert(itemsOf("new", "b"));
    expect([store.get("a")?.record, store.get("b")?.record]).toEqual(["new", "new"]);
  });
});
