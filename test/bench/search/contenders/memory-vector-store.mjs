import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { bucketOf } from "../data.mjs";

/** Its `embedQuery` returns the vector that it is given, for the searches that take only a text. */
const embeddings = { embedQuery: async (vector) => vector, embedDocuments: async () => [] };

export default function create({ dimension }) {
  const store = new MemoryVectorStore(embeddings);
  return {
    async add(rows, vectors) {
      const arrays = rows.map((_row, position) =>
        Array.from(vectors.subarray(position * dimension, (position + 1) * dimension)),
      );
      const documents = rows.map((row) => ({
        pageContent: `text ${row}`,
        metadata: { row, bucket: bucketOf(row) },
      }));
      await store.addVectors(arrays, documents);
    },
    search: async (query, k) =>
      rowsOf(await store.similaritySearchVectorWithScore(Array.from(query), k)),
    filtered: async (query, k, below) =>
      rowsOf(
        await store.similaritySearchVectorWithScore(
          Array.from(query),
          k,
          ({ metadata }) => metadata.bucket < below,
        ),
      ),
    diverse: async (query, k) =>
      (await store.maxMarginalRelevanceSearch(Array.from(query), { k, fetchK: 20 })).map(
        ({ metadata }) => metadata.row,
      ),
  };
}

function rowsOf(hits) {
  return hits.map(([{ metadata }]) => metadata.row);
}
