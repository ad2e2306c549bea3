import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { FaissStore } from "./faiss-store.ts";
import type { FaissStoreItem, FaissStoreOptions } from "./types.ts";

const root = await mkdtemp(join(tmpdir(), "faiss-replacements-"));
afterAll(() => rm(root, { recursive: true }));

const newFolder = () => mkdtemp(join(root, "store-"));

function item(id: string): FaissStoreItem<string> {
  return { id, vector: [1, 2, 3, 4], record: id };
}

async function storeWith(id: string, options: FaissStoreOptions = {}) {
  const store = await FaissStore.create<string>({ dimension: 4, engine: "builtin", ...options });
  await store.upsert([item(id)]);
  return store;
}

async function idsIn(folder: string): Promise<string[]> {
  const store = await FaissStore.open(folder);
  const ids = store.ids();
  await store.close();
  return ids;
}

async function manifestIn(folder: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(folder, "faiss-store.json"), "utf8"));
}

it("takes the place of a store in its folder", async () => {
  const folder = await newFolder();
  await (await storeWith("old")).save(folder);
  const opened = await FaissStore.open<string>(folder);
  const replacement = await opened.createReplacement();
  expect(replacement.size).toBe(0);
  await replacement.upsert([item("new")]);
  expect(await idsIn(folder)).toEqual(["old"]);
  await replacement.save(folder, { overwrite: false });
  expect(await idsIn(folder)).toEqual(["new"]);
  expect(opened.ids()).toEqual(["old"]);
  await replacement.delete("new", { saveTo: folder, overwrite: false });
  expect(await idsIn(folder)).toEqual([]);
  const late = opened.upsert([item("late")], { saveTo: folder });
  await expect(late).rejects.toMatchObject({ code: "STORE_CHANGED" });
});

it("replaces nothing that another writer has saved since", async () => {
  const folder = await newFolder();
  const created = await FaissStore.create<string>({ dimension: 4 });
  const first = await created.createReplacement();
  await (await storeWith("old")).save(folder);
  const opened = await FaissStore.open<string>(folder);
  const second = await opened.createReplacement();
  await opened.upsert([item("other")], { saveTo: folder });
  for (const replacement of [first, second]) {
    await replacement.upsert([item("new")]);
    const saving = replacement.save(folder, { overwrite: false });
    await expect(saving).rejects.toMatchObject({ code: "STORE_CHANGED" });
  }
  expect(await idsIn(folder)).toEqual(["old", "other"]);
});

it("knows a save that began before it was created", async () => {
  const folder = await newFolder();
  const store = await storeWith("old");
  const saving = store.save(folder);
  const replacement = await store.createReplacement();
  await saving;
  await replacement.save(folder, { overwrite: false });
  expect(await idsIn(folder)).toEqual([]);
});

it("has the settings of the store, unless others are given", async () => {
  const folder = await newFolder();
  const settings = { searchDimension: 2, index: "SQ8", precision: "int8", oversample: 3 } as const;
  await (await storeWith("old", { ...settings, identity: "model" })).save(folder);
  const opened = await FaissStore.open<string>(folder, { engine: "builtin" });
  const savedBy = async (options?: FaissStoreOptions) => {
    const replacement = await opened.createReplacement(options);
    const copy = await newFolder();
    await replacement.save(copy);
    const { dimension, searchDimension, index, rescore, oversample, identity } =
      await manifestIn(copy);
    return { dimension, searchDimension, index, precision: rescore, oversample, identity };
  };
  const same = { ...settings, dimension: 4, identity: "model" };
  expect(await savedBy()).toEqual(same);
  expect(await savedBy({ index: "Flat", searchDimension: undefined })).toEqual({
    ...same,
    index: "Flat",
  });
  expect(await savedBy({ preset: "exact" })).toEqual({
    ...same,
    searchDimension: 4,
    precision: "float32",
    oversample: 10,
  });
});

it.each([
  // [dimension and search dimension before, those after, the identity after]
  [[4, 4], { dimension: 2 }, [2, 2], undefined],
  [[4, 4], { dimension: 8, identity: "other" }, [8, 8], "other"],
  [[4, 2], { dimension: 8 }, [8, 2], undefined],
  [[4, 3], { dimension: 2 }, [2, 2], undefined],
  [[4, 2], { dimension: 4 }, [4, 2], undefined],
  [[4, 4], { identity: "other" }, [4, 4], "other"],
] as const)(
  "is for other vectors: %j with %j",
  async ([dimension, searchDimension], options, sizes, identity) => {
    const folder = await newFolder();
    const store = await FaissStore.create<string>({
      dimension,
      searchDimension,
      identity: "model",
    });
    await store.save(folder);
    for (const opened of [async () => store, () => FaissStore.open<string>(folder)]) {
      const replacement = await (await opened()).createReplacement(options);
      await replacement.save(folder, { overwrite: false });
      const saved = await manifestIn(folder);
      expect([saved.dimension, saved.searchDimension]).toEqual(sizes);
      expect(replacement.identity).toBe(identity);
      await store.save(folder, { overwrite: true });
    }
  },
);

it("checks its options, and needs a store that is not closed", async () => {
  const store = await storeWith("old");
  const options = { indexx: "Flat" } as FaissStoreOptions;
  await expect(store.createReplacement(options)).rejects.toThrow("Did you mean `index`?");
  await store.close();
  await expect(store.createReplacement()).rejects.toMatchObject({ code: "CLOSED" });
});
