// The FAISS store without a framework: filters, maximal marginal relevance, Matryoshka dimensions
// and presets.
import { FaissStore } from "@embeddinggemma/faiss";
import { compare } from "./compare.mjs";
import { embedTexts } from "./embed-texts.mjs";
import { queries, texts } from "./texts.mjs";

const { vectors, queryVectors } = await embedTexts(texts, queries);
const items = texts.map((record, row) => ({ id: `text-${row}`, vector: vectors[row], record }));

/** @type {FaissStore<{ text: string, topic: string }>} */
const store = await FaissStore.create({ searchDimension: 128 });
await store.upsert(items);
console.log(
  `${store.size} short texts, each a vector of ${store.dimension} numbers; ` +
    `engine: ${store.engine}\n`,
);

const [query] = queryVectors;
print(`"${queries[0]}"`, await store.search(query, { k: 3 }));
print(
  "The same, only texts about music",
  await store.search(query, { k: 3, filter: ({ topic }) => topic === "music" }),
);
print(
  "The same, but diverse (maximal marginal relevance)",
  await store.maximalMarginalRelevance(query, { k: 3, fetchK: 100, lambda: 0.3 }),
);
await store.close();

console.log("Speed, recall and size, measured on this machine\n");
await compare(items, queryVectors);
console.log(
  "\nrecall@10: the share of the ten nearest texts, by all numbers, that a search finds.",
);

/**
 * @param {string} heading
 * @param {import("@embeddinggemma/faiss").FaissStoreHit<{ text: string }>[]} hits
 */
function print(heading, hits) {
  console.log(heading);
  for (const { score, record } of hits) console.log(`  ${score.toFixed(4)}  ${record.text}`);
  console.log();
}
