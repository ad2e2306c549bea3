// Recall of Matryoshka search on real embeddings: how many of the ten best by the full vectors are found when the index holds the leading
// numbers alone, by how many candidates are taken; and with the full vectors in a byte a number.
//
//     node test/bench/faiss-recall.mjs <model> <texts: a file with one text a line, may be gzipped> [texts=20000] [queries=300]
//
// The last lines of the file are the queries.
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { Embedder } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";

const [model, file, third = "20000", fourth = "300"] = process.argv.slice(2);
const bytes = await readFile(file);
const lines = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString("utf8").split("\n").filter(Boolean);
const queryTexts = lines.slice(-Number(fourth));
const texts = [...new Set(lines.slice(0, -Number(fourth)))].slice(0, Number(third));
const embedder = await Embedder.load(model);
const started = performance.now();
const vectors = await embedder.encodeDocument(texts);
const queries = await embedder.encodeQuery(queryTexts);
console.log(
  `${texts.length} texts, ${queries.length} queries embedded in ${((performance.now() - started) / 1000).toFixed(0)} s`,
);

const k = 10;
const truth = await topIds({ engine: "exact" }, {});
const table = {};
for (const searchDimension of [64, 128, 256, 512]) {
  const row = {};
  for (const oversample of [1, 2, 3, 5, 10, 20, 40]) {
    row[`× ${oversample}`] = recall(await topIds({ searchDimension, exactBelow: 0 }, { oversample }));
  }
  table[`${searchDimension}`] = row;
}
const int8 = await topIds({ rescore: "int8", exactBelow: 0 }, {});
console.table(table);
console.log(`int8 full vectors: recall@${k} ${recall(int8)}`);

async function topIds(options, searchOptions) {
  const store = await FaissStore.create(options);
  await store.upsert(vectors.map((vector, row) => ({ id: String(row), vector, record: null })));
  const results = await store.search(queries, { k, ...searchOptions });
  await store.close();
  return results.map((hits) => hits.map(({ id }) => id));
}

function recall(found) {
  let hits = 0;
  for (const [query, ids] of found.entries()) hits += ids.filter((id) => truth[query].includes(id)).length;
  return Number((hits / (truth.length * k)).toFixed(4));
}
