// Measures recall on real embeddings: how many of the ten best hits by the full vectors are found
// in indexes with only their leading numbers, by how many candidates are scored again
// (`oversample`). `npm run bench -- search --texts=FILE` measures the presets and kinds of index.
//
// node test/bench/faiss-recall.mjs <file> [folder of a model] [--texts=20000] [--queries=300]
//
// The file has one text a line and may be gzipped. Its last lines are the queries. The default is
// the tiny model.
import { parseArgs } from "node:util";
import { Embedder } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";
import { modelPath } from "@embeddinggemma/tiny-model";
import { readText } from "./report/text-file.mjs";
import { recallOf } from "./search/data.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    texts: { type: "string", default: "20000" },
    queries: { type: "string", default: "300" },
  },
});
const [file, model = modelPath] = positionals;
if (file === undefined)
  throw new Error(
    "The file with texts is missing. Pass the path of a file with one text a line, at least a " +
      "few thousand lines, as the first argument.",
  );

const k = 10;
const dimensions = [64, 128, 256, 512];
const oversamples = [1, 2, 3, 5, 10, 20, 40];

const { texts, queries: queryTexts } = await readTexts(
  Number(values.texts),
  Number(values.queries),
);
const started = performance.now();
const embedder = await Embedder.load(model);
const vectors = await embedder.encodeDocument(texts);
const queries = await embedder.encodeQuery(queryTexts);
await embedder.dispose();
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${texts.length} texts, ${queries.length} queries of ${vectors[0].length} numbers, ` +
    `embedded in ${seconds} s`,
);

const truth = await withStore({ engine: "builtin" }, (search) => search());
const byOversample = {};
for (const searchDimension of dimensions) {
  byOversample[searchDimension] = await withStore(
    { searchDimension, scanBelow: 0 },
    async (search) => {
      const row = {};
      for (const oversample of oversamples)
        row[`× ${oversample}`] = +recallOf(await search({ oversample }), truth).toFixed(4);
      return row;
    },
  );
}
console.log(`recall@${k} by searchDimension and oversample, index Flat`);
console.table(byOversample);

async function readTexts(textCount, queryCount) {
  const lines = (await readText(file)).split("\n").filter(Boolean);
  const different = [...new Set(lines.slice(0, -queryCount))];
  return { texts: different.slice(0, textCount), queries: lines.slice(-queryCount) };
}

/** @param use - gets a function that searches for all queries and returns the ids of the hits */
async function withStore(options, use) {
  const store = await FaissStore.create(options);
  await store.upsert(vectors.map((vector, row) => ({ id: String(row), vector, record: null })));
  const result = await use(async (searchOptions) => {
    const results = await store.search(queries, { k, ...searchOptions });
    return results.map((hits) => hits.map(({ id }) => id));
  });
  await store.close();
  return result;
}
