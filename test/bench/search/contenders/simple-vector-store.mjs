import { join } from "node:path";
import { SimpleVectorStore, TextNode } from "llamaindex";
import { bucketOf } from "../data.mjs";

export default function create({ dimension }) {
  return wrap(new SimpleVectorStore({ embedModel: {} }), dimension);
}

function wrap(store, dimension) {
  const query = async (vector, k, more) => {
    const { ids } = await store.query({
      queryEmbedding: Array.from(vector),
      similarityTopK: k,
      mode: "default",
      ...more,
    });
    return ids.map(Number);
  };
  return {
    async add(rows, vectors) {
      const nodes = rows.map(
        (row, position) =>
          new TextNode({
            id_: String(row),
            text: `text ${row}`,
            metadata: { bucket: bucketOf(row) },
            relationships: { SOURCE: { nodeId: String(row), metadata: {} } },
            embedding: Array.from(
              vectors.subarray(position * dimension, (position + 1) * dimension),
            ),
          }),
      );
      await store.add(nodes);
    },
    search: (vector, k) => query(vector, k),
    filtered: (vector, k, below) =>
      query(vector, k, {
        filters: { filters: [{ key: "bucket", value: below, operator: "<" }] },
      }),
    diverse: (vector, k) => query(vector, k, { mode: "mmr" }),
    async remove(rows) {
      for (const row of rows) await store.delete(String(row));
    },
    save: (folder) => store.persist(join(folder, "store.json")),
    open: async (folder) =>
      wrap(await SimpleVectorStore.fromPersistPath(join(folder, "store.json"), {}), dimension),
  };
}
