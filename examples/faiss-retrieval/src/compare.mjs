import { FaissStore } from "@embeddinggemma/faiss";

/** Kinds of search, each with the options that make it. `exactBelow: 0` has FAISS search even where a scan would do. */
const kinds = {
  "768 numbers, Flat": {},
  "256 of 768, Flat": { searchDimension: 256 },
  "128 of 768, Flat": { searchDimension: 128 },
  "preset balanced": { preset: "balanced" },
  "preset small": { preset: "small" },
};
const k = 10;
const rounds = 20;

/**
 * Prints, for each kind, how long a query takes and how many of the ten nearest it finds.
 *
 * @param {{ id: string, vector: Float32Array, record: { text: string, topic: string } }[]} items
 * @param {Float32Array[]} queries
 */
export async function compare(items, queries) {
  /** @type {Set<string>[] | undefined} */
  let truth;
  console.log("                      ms a query   recall@10");
  for (const [name, options] of Object.entries(kinds)) {
    /** @type {FaissStore<{ text: string, topic: string }>} */
    const store = await FaissStore.create({ exactBelow: 0, .../** @type {object} */ (options) });
    await store.upsert(items);
    const found = await store.search(queries, { k });
    const ids = found.map((hits) => new Set(hits.map(({ id }) => id)));
    truth ??= ids;
    const hit = ids.map((own, row) => [...own].filter((id) => truth?.[row]?.has(id)).length);
    const recall = hit.reduce((sum, count) => sum + count, 0) / (k * queries.length);
    const started = performance.now();
    for (let round = 0; round < rounds; round++) for (const query of queries) await store.search(query, { k });
    const milliseconds = (performance.now() - started) / (rounds * queries.length);
    console.log(`  ${name.padEnd(20)}${milliseconds.toFixed(2).padStart(10)}${recall.toFixed(3).padStart(12)}`);
    await store.close();
  }
}
