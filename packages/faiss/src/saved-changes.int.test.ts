import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStore } from "./faiss-store.ts";
import { withFolderLock } from "./files/folder-lock.ts";
import { naiveRanking } from "./testing/random-vectors.ts";
import type { FaissStoreOptions } from "./types.ts";

/** What a store contains, in insertion order. */
type Model = Map<string, { vector: number[]; record: number }>;

const dimension = 4;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-saved-changes-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Ways in which a save fails. Each leaves the folder as it was, once the change is over. */
const obstacles = {
  SAVE_FAILED: async (directory: string, change: () => Promise<unknown>) => {
    await setAside(directory, () => writeFile(directory, "a file"), change);
  },
  STORE_CHANGED: async (directory: string, change: () => Promise<unknown>) => {
    const other = await FaissStore.create({ dimension, engine: "builtin" });
    await setAside(directory, () => other.save(directory, { overwrite: true }), change);
  },
  STORE_LOCKED: async (directory: string, change: () => Promise<unknown>) => {
    await mkdir(directory, { recursive: true });
    await withFolderLock(directory, 1_000, async () => void (await change()));
  },
};
type Obstacle = keyof typeof obstacles;

async function setAside(
  directory: string,
  put: () => Promise<void>,
  change: () => Promise<unknown>,
): Promise<void> {
  const aside = `${directory}-aside`;
  await mkdir(directory, { recursive: true });
  await rename(directory, aside);
  await put();
  await change();
  await rm(directory, { recursive: true });
  await rename(aside, directory);
}

async function contentOf(directory: string): Promise<Record<string, string>> {
  const files: string[] = await readdir(directory).catch(() => []);
  const contents = await Promise.all(
    files.map((file) => readFile(join(directory, file), "base64")),
  );
  return Object.fromEntries(files.map((file, index) => [file, contents[index]!]));
}

async function expectContent(store: FaissStore<number>, model: Model): Promise<void> {
  expect(store.ids()).toEqual([...model.keys()]);
  expect(store.size).toBe(model.size);
  for (const [id, { vector, record }] of model) {
    const entry = store.get(id)!;
    expect(entry.record).toBe(record);
    expect(cosine(entry.vector, vector)).toBeCloseTo(1, 5);
  }
  const query = [1, 2, -1, 0.5];
  const ranking = naiveRanking(
    [...model.values()].map(({ vector }) => vector),
    query,
  );
  const hits = await store.search(query, { k: 5 });
  expect(hits).toHaveLength(Math.min(5, model.size));
  for (const [position, { score }] of hits.entries())
    expect(score).toBeCloseTo(ranking[position]!.score, 5);
}

function cosine(one: ArrayLike<number>, other: ArrayLike<number>): number {
  return naiveRanking([one], other)[0]!.score;
}

const vectors = fc
  .array(fc.integer({ min: -3, max: 3 }), { minLength: dimension, maxLength: dimension })
  .map((vector) => (vector.every((value) => value === 0) ? [1, 0, 0, 0] : vector));
const ids = fc.constantFrom("a", "b", "c", "d", "__proto__", "火星");
const few = fc.uniqueArray(fc.record({ id: ids, vector: vectors, record: fc.nat(99) }), {
  selector: ({ id }) => id,
  minLength: 1,
  maxLength: 6,
});
/** So many that the third time removes the dead rows of the first two. */
function manyItems(seed: number) {
  return Array.from({ length: 600 }, (_, row) => ({
    id: `many ${row}`,
    vector: [1, Math.sin(row + seed), Math.cos(row), seed],
    record: row + seed,
  }));
}

const obstacle = fc.option(fc.constantFrom(...(Object.keys(obstacles) as Obstacle[])));
const changes = fc.array(
  fc.record({
    obstacle,
    change: fc.oneof(
      { arbitrary: fc.record({ add: few }), weight: 4 },
      { arbitrary: fc.record({ addMany: fc.nat(9) }), weight: 2 },
      {
        arbitrary: fc.record({ remove: fc.array(ids, { minLength: 1, maxLength: 3 }) }),
        weight: 2,
      },
      { arbitrary: fc.record({ removeRecordsBelow: fc.nat(600) }), weight: 1 },
    ),
  }),
  { minLength: 1, maxLength: 10 },
);

type Change =
  | { add: { id: string; vector: number[]; record: number }[] }
  | { addMany: number }
  | { remove: string[] }
  | { removeRecordsBelow: number };

function changeModel(model: Model, change: Change): Model {
  const changed: Model = new Map(model);
  const added = "add" in change ? change.add : "addMany" in change && manyItems(change.addMany);
  if (added) for (const { id, vector, record } of added) changed.set(id, { vector, record });
  else if ("remove" in change) for (const id of change.remove) changed.delete(id);
  else if ("removeRecordsBelow" in change)
    for (const [id, { record }] of model)
      if (record < change.removeRecordsBelow) changed.delete(id);
  return changed;
}

async function changeStore(
  store: FaissStore<number>,
  change: Change,
  saveTo: string,
): Promise<unknown> {
  const options = { saveTo, overwrite: false, lockTimeout: 0 };
  if ("add" in change) return store.upsert(change.add, options);
  if ("addMany" in change) return store.upsert(manyItems(change.addMany), options);
  if ("remove" in change) return store.delete(change.remove, options);
  return store.delete((record) => record < change.removeRecordsBelow, options);
}

describe.each<FaissStoreOptions>([
  { engine: "builtin" },
  { engine: "builtin", searchDimension: 2, oversample: 1_000, dimension },
  { engine: "faiss", scanBelow: 50 },
  { engine: "faiss", scanBelow: 50, index: "HNSW16,Flat", efSearch: 2_000 },
])("changes that are saved, with %j", (options) => {
  it("are there in memory and in the folder, or nowhere", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(changes, async (sequence) => {
        const directory = join(await mkdtemp(join(folder, "run-")), "store");
        const store = await FaissStore.create<number>(options);
        let model: Model = new Map();
        for (const { obstacle, change } of sequence) {
          const changed = changeModel(model, change);
          if (obstacle && store.dimension !== undefined) {
            const before = await contentOf(directory);
            await obstacles[obstacle](directory, async () => {
              const failing = changeStore(store, change, directory);
              const isOver = failing.catch(() => true);
              while (!(await Promise.race([isOver, nextTurn()])))
                expect(store.ids()).toEqual([...model.keys()]);
              await expect(failing).rejects.toMatchObject({ code: obstacle });
            });
            expect(await contentOf(directory)).toEqual(before);
            await expectContent(store, model);
          }
          await changeStore(store, change, directory);
          model = changed;
          await expectContent(store, model);
          if (store.dimension === undefined) continue;
          const saved = await FaissStore.open<number>(directory, { engine: "builtin" });
          await expectContent(saved, model);
          await saved.close();
        }
        await store.close();
      }),
      // Shrinking a failure would take longer than the time limit, and hide it.
      { numRuns: 6, endOnFailure: true },
    );
  });
});

it("brings nothing back to a folder that was removed", async () => {
  const directory = join(folder, "removed");
  const item = (id: string) => ({ id, vector: [1, 2, 3, 4], record: null });
  const store = await FaissStore.create<null>({ dimension });
  await store.upsert([item("a")], { saveTo: directory });
  for (const leaveFolder of [false, true]) {
    await rm(directory, { recursive: true, force: true });
    if (leaveFolder) await mkdir(directory);
    const refused = { code: "STORE_CHANGED", message: expect.stringContaining("no longer there.") };
    await expect(store.upsert([item("b")], { saveTo: directory })).rejects.toMatchObject(refused);
    await expect(store.save(directory, { overwrite: false })).rejects.toMatchObject(refused);
    expect(await FaissStore.exists(directory)).toBe(false);
    expect(await readdir(directory).catch(() => [])).toEqual([]);
  }
  expect(store.ids()).toEqual(["a"]);
  await store.save(directory);
  await store.upsert([item("b")], { saveTo: directory });
  expect((await FaissStore.open(directory)).ids()).toEqual(["a", "b"]);
});

it("does not take a folder that cannot be read for one that was removed", async () => {
  const parent = join(folder, "parent");
  const saveTo = join(parent, "store");
  const store = await FaissStore.create<null>({ dimension });
  await store.upsert([{ id: "a", vector: [1, 2, 3, 4], record: null }], { saveTo });
  await rm(parent, { recursive: true });
  await writeFile(parent, "a file");
  await expect(store.delete("a", { saveTo })).rejects.toMatchObject({ code: "SAVE_FAILED" });
  expect(store.ids()).toEqual(["a"]);
});

it("keeps the first dimension open if the first items cannot be saved", async () => {
  const saveTo = join(folder, "first");
  await writeFile(saveTo, "a file");
  const store = await FaissStore.create<null>();
  const first = store.upsert([{ id: "a", vector: [1, 2], record: null }], { saveTo });
  await expect(first).rejects.toMatchObject({ code: "SAVE_FAILED" });
  expect(store.dimension).toBeUndefined();
  expect(await store.search([1, 2, 3])).toEqual([]);
  await rm(saveTo);
  await store.upsert([{ id: "b", vector: [1, 2, 3], record: null }], { saveTo });
  expect((await FaissStore.open(saveTo)).ids()).toEqual(["b"]);
});

it("lets calls that come during a change see how it ended", async () => {
  const saveTo = join(folder, "meanwhile");
  const store = await FaissStore.create<number>();
  await store.upsert([{ id: "old", vector: [1, 0], record: 0 }], { saveTo });
  await obstacles.SAVE_FAILED(saveTo, async () => {
    const failing = store.upsert([{ id: "new", vector: [1, 0], record: 1 }], { saveTo });
    const search = store.search([1, 0]);
    const removal = store.delete("new");
    await expect(failing).rejects.toMatchObject({ code: "SAVE_FAILED" });
    expect((await search).map(({ id }) => id)).toEqual(["old"]);
    expect(await removal).toBe(0);
  });
  const both = [1, 2].map((record) =>
    store.upsert([{ id: `new ${record}`, vector: [record, 1], record }], { saveTo }),
  );
  const search = store.search([1, 0]);
  await Promise.all(both);
  expect((await search).map(({ id }) => id).toSorted()).toEqual(["new 1", "new 2", "old"]);
  expect((await FaissStore.open(saveTo)).ids()).toEqual(["old", "new 1", "new 2"]);
});

it("saves the index that a change has built", async () => {
  const saveTo = join(folder, "index");
  const store = await FaissStore.create<number>({
    engine: "faiss",
    scanBelow: 0,
    index: "HNSW8,Flat",
  });
  await store.upsert([{ id: "a", vector: [1, 0], record: 0 }], { saveTo });
  expect((await readdir(saveTo)).some((file) => /^index-.*\.faiss$/.test(file))).toBe(true);
  await store.close();
});

it.each([
  [{ saveTo: 7 }, "saveTo must be a path or a `file:` URL; 7 was given."],
  [{ overwrite: true }, "saveTo must be the path of a folder to save to; undefined was given."],
  [{ saveto: "planets" }, "There is no option `saveto`. Did you mean `saveTo`?"],
])("rejects the options %j", async (options, message) => {
  const store = await FaissStore.create();
  await expect(store.upsert([], options as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message,
  });
  await expect(store.delete("mars", options as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message,
  });
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
