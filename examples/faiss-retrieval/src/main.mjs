// The FAISS store without a framework: Matryoshka dimensions, presets, filters and maximal marginal relevance.
import { Embedder } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";
import { modelPath } from "@embeddinggemma/tiny-model";
import { SingleBar } from "cli-progress";
import { compare } from "./compare.mjs";
import { queries, texts } from "./texts.mjs";

const embedder = await Embedder.load(process.env.EMBEDDINGGEMMA_MODEL || modelPath);
const bar = new SingleBar({ format: "Embedding {bar} {value} of {total} texts", clearOnComplete: true });
bar.start(texts.length, 0);
const vectors = await embedder.encodeDocument(
  texts.map(({ text }) => text),
  { onProgress: ({ done }) => bar.update(done) },
);
bar.stop();
const items = texts.map((record, row) => ({ id: `text-${row}`, vector: vectors[row], record }));
const queryVectors = await embedder.encodeQuery(queries);

/** @type {FaissStore<{ text: string, topic: string }>} */
const store = await FaissStore.create({ searchDimension: 128 });
await store.upsert(items);
const [query] = queryVectors;
console.log(`${store.size} texts of ${store.dimension} numbers, engine ${store.engine}\n`);

console.log(`"${queries[0]}"`);
print(await store.search(query, { k: 3 }));
console.log("only about music:");
print(await store.search(query, { k: 3, filter: ({ topic }) => topic === "music" }));
console.log("relevant, and different from each other:");
print(await store.maximalMarginalRelevance(query, { k: 3, fetchK: 100, lambda: 0.3 }));
await store.close();

await compare(items, queryVectors);
await embedder.dispose();

/** @param {import("@embeddinggemma/faiss").FaissStoreHit<{ text: string }>[]} hits */
function print(hits) {
  for (const { score, record } of hits) console.log(`  ${score.toFixed(4)}  ${record.text}`);
  console.log();
}
