import { FaissStore } from "@langchain/community/vectorstores/faiss";

const embeddings = { embedQuery: async (vector) => vector, embedDocuments: async () => [] };

/** It has no filters and no search for diverse hits. */
export default function create({ dimension }) {
  return wrap(new FaissStore(embeddings, {}), dimension);
}

function wrap(store, dimension) {
  return {
    async add(rows, vectors) {
      const arrays = rows.map((_row, position) =>
        Array.from(vectors.subarray(position * dimension, (position + 1) * dimension)),
      );
      const documents = rows.map((row) => ({ pageContent: `text ${row}`, metadata: { row } }));
      await store.addVectors(arrays, documents, { ids: rows.map(String) });
    },
    search: async (query, k) =>
      (await store.similaritySearchVectorWithScore(Array.from(query), k)).map(
        ([{ metadata }]) => metadata.row,
      ),
    remove: (rows) => store.delete({ ids: rows.map(String) }),
    save: (folder) => store.save(folder),
    open: async (folder) => wrap(await FaissStore.load(folder, embeddings), dimension),
  };
}
