import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manifestName } from "@embeddinggemma/internal";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FaissStore } from "./index.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-without-manifest-"));
});

afterEach(() => rm(folder, { recursive: true }));

async function storeWith(id: string): Promise<FaissStore<string>> {
  const store = await FaissStore.create<string>();
  await store.upsert([{ id, vector: [1, 0], record: id }]);
  return store;
}

it("a store whose manifest is damaged is replaced only on demand", async () => {
  await (await storeWith("old")).save(folder);
  await writeFile(join(folder, manifestName), "{");
  const store = await storeWith("new");
  for (const options of [{}, { overwrite: false }])
    await expect(store.save(folder, options)).rejects.toMatchObject({
      code: "FILE_DAMAGED",
      message: expect.stringMatching(
        /, or save the store with overwrite: true, which replaces it\.$/,
      ),
    });
  await store.save(folder, { overwrite: true });
  expect([...(await FaissStore.open(folder)).ids()]).toEqual(["new"]);
});

it("a store whose manifest is gone is neither taken for none nor overwritten", async () => {
  const missing = {
    code: "FILE_MISSING",
    message: expect.stringContaining(`${manifestName} is missing, but other files of a store`),
  };
  await (await storeWith("old")).save(folder);
  await rm(join(folder, manifestName));
  const files = (await readdir(folder)).sort();
  expect(await FaissStore.exists(folder)).toBe(true);
  await expect(FaissStore.open(folder)).rejects.toMatchObject(missing);
  const store = await storeWith("new");
  await expect(store.save(folder)).rejects.toMatchObject(missing);
  await expect(store.save(folder, { overwrite: false })).rejects.toMatchObject(missing);
  const items = [{ id: "other", vector: [0, 1], record: "other" }];
  await expect(store.upsert(items, { saveTo: folder })).rejects.toMatchObject(missing);
  expect((await readdir(folder)).sort()).toEqual(files);
  await store.save(folder, { overwrite: true });
  expect([...(await FaissStore.open(folder)).ids()]).toEqual(["new"]);
});
