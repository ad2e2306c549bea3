// Saves the stores in test/fixtures/faiss/saved-stores. Version 0.1.0 (commit 963e8b2) wrote those,
// and later versions must open them. Arguments: the built package, the folder.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [entry = "", folder = ""] = process.argv.slice(2);
/** @type {typeof import("../index.ts")} */
const { FaissStore } = await import(pathToFileURL(entry).href);

/** @param {number} row */
const vectorOf = (row) => Array.from({ length: 8 }, (_, index) => Math.sin(row * 8 + index));
/** @param {number} row */
const itemOf = (row) => ({
  id: `item ${row}`,
  vector: vectorOf(row),
  record: { row, text: "…".repeat(row), nested: { list: [row, null, true, { __proto__: null }] } },
});

for (const [name, options] of /** @type {const} */ ([
  ["flat", { identity: { model: "tiny", prompts: { query: "q: ", document: "" } } }],
  ["int8", { rescore: "int8", searchDimension: 4, oversample: 3.5, identity: "tiny" }],
  ["graph", { index: "HNSW8,Flat", efSearch: 32, exactBelow: 0 }],
])) {
  const store = await FaissStore.create({ dimension: 8, ...options });
  await store.upsert(Array.from({ length: 20 }, (_, row) => itemOf(row)));
  await store.save(join(folder, name));
  await store.upsert([itemOf(20), { ...itemOf(21), id: "item 3" }, itemOf(22)]);
  await store.delete(["item 7", "item 20"]);
  await store.save(join(folder, name));
  await store.close();
}
