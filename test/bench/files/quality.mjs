import { FaissStore } from "@embeddinggemma/faiss";
import { readPairs, readRetrieval } from "./data-sets.mjs";
import { cosine, ndcgAt10, spearman } from "./measures.mjs";

/**
 * Measures the quality of vectors by their number of dimensions. Vectors are computed once and cut,
 * which gives what `truncateDim` gives.
 *
 * @returns `sts` and `ndcg` by dimension, `rescored` (a search by 128 numbers whose candidates are
 * scored again by all of them), and the size of the data sets
 */
export async function measureQuality(embedder, { sts, retrieval, documents, pairs }) {
  const dimensions = embedder.matryoshkaDimensions;
  const result = { dimensions };
  if (sts) {
    const rows = await readPairs(sts, pairs);
    const encode = (texts) => embedder.encode(texts, { promptName: "STS" });
    const left = await encode(rows.map((row) => row.left));
    const right = await encode(rows.map((row) => row.right));
    const scores = rows.map(({ score }) => score);
    result.pairs = rows.length;
    result.sts = dimensions.map((dimension) =>
      spearman(
        rows.map((_, index) => cosine(left[index], right[index], dimension)),
        scores,
      ),
    );
  }
  if (retrieval)
    Object.assign(
      result,
      await measureRetrieval(embedder, dimensions, await readRetrieval(retrieval, documents)),
    );
  return result;
}

async function measureRetrieval(embedder, dimensions, { queries, grades, documents }) {
  const vectors = await embedder.encodeDocument(
    documents.map(({ text, title }) => (title ? { text, title } : text)),
  );
  const queryVectors = await embedder.encodeQuery(queries);
  const ndcg = async (options, dimension) => {
    const cut = (vector) => vector.slice(0, dimension);
    const store = await FaissStore.create(options);
    await store.upsert(
      documents.map(({ id }, row) => ({ id, vector: cut(vectors[row]), record: null })),
    );
    const hits = [];
    for (const query of queryVectors)
      hits.push((await store.search(cut(query), { k: 10 })).map(({ id }) => id));
    await store.close();
    return ndcgAt10(hits, grades);
  };
  const byDimension = [];
  for (const dimension of dimensions) byDimension.push(await ndcg({}, dimension));
  return {
    documents: documents.length,
    queries: queries.length,
    ndcg: byDimension,
    rescored: await ndcg({ searchDimension: 128, scanBelow: 0 }, vectors[0].length),
  };
}
