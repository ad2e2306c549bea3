import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaissStore } from "@embeddinggemma/faiss";

/** @typedef {{ id: string, vector: Float32Array, record: { text: string, topic: string } }} Item */

const k = 10;
const rounds = 10;

/**
 * Ways to search: how many numbers of a vector each keeps, and the options of its store. The first
 * one is exact, so it says what the others should find.
 *
 * @type {{ name: string, keeps?: number, options?:
 * import("@embeddinggemma/faiss").FaissStoreOptions }[]}
 */
const ways = [
  { name: "all 768 numbers" },
  { name: "only the first 256", keeps: 256 },
  { name: "only the first 128", keeps: 128 },
  { name: "search by 128, score by 768", options: { searchDimension: 128 } },
  { name: 'preset "balanced"', options: { preset: "balanced" } },
  { name: 'preset "small"', options: { preset: "small" } },
];

/**
 * Prints, for each way to search, the time of a query, the share of the ten nearest texts that it
 * finds, and the size of the saved store.
 *
 * @param {Item[]} items
 * @param {Float32Array[]} queries
 */
export async function compare(items, queries) {
  const folder = await mkdtemp(join(tmpdir(), "faiss-retrieval-"));
  /** @type {Set<string>[] | undefined} */
  let truth;
  console.log("                              ms a query   recall@10   MB on disk");
  for (const { name, keeps, options } of ways) {
    /** @param {Float32Array} vector */
    const cut = (vector) => vector.subarray(0, keeps);
    /** @type {FaissStore<Item["record"]>} */
    const store = await FaissStore.create(options);
    await store.upsert(items.map((item) => ({ ...item, vector: cut(item.vector) })));
    const { found, milliseconds } = await ask(store, queries.map(cut));
    truth ??= found;
    await store.save(join(folder, name));
    const columns = [
      milliseconds.toFixed(2).padStart(12),
      recall(found, truth).toFixed(3).padStart(12),
      ((await sizeOf(join(folder, name))) / 1e6).toFixed(1).padStart(13),
    ];
    console.log(`  ${name.padEnd(28)}${columns.join("")}`);
    await store.close();
  }
  await rm(folder, { recursive: true });
}

/**
 * @param {FaissStore<Item["record"]>} store
 * @param {Float32Array[]} queries
 * @returns the ids that each query found, and the median time of a query
 */
async function ask(store, queries) {
  const found = (await store.search(queries, { k })).map(
    (hits) => new Set(hits.map(({ id }) => id)),
  );
  const times = [];
  for (let round = 0; round < rounds; round++) {
    for (const query of queries) {
      const started = performance.now();
      await store.search(query, { k });
      times.push(performance.now() - started);
    }
  }
  return { found, milliseconds: times.sort((a, b) => a - b)[times.length >> 1] };
}

/**
 * The share of the truly nearest texts that was found.
 *
 * @param {Set<string>[]} found
 * @param {Set<string>[]} truth
 */
function recall(found, truth) {
  const hits = truth.map((ids, query) => [...ids].filter((id) => found[query].has(id)).length);
  return hits.reduce((sum, count) => sum + count, 0) / (k * truth.length);
}

/** @param {string} folder */
async function sizeOf(folder) {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
