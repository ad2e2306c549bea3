import { EmbeddingGemmaEmbedding } from "@embeddinggemma/llamaindex";
import { PGVectorStore } from "@llamaindex/postgres";
import { MetadataMode, TextNode, VectorStoreQueryMode } from "llamaindex";
import { rowId } from "./row-id.mjs";

/**
 * @param {import("@embeddinggemma/core").Embedder} embedder
 * @param {string} databaseUrl
 * @returns {import("./store.mjs").Store}
 */
export function llamaindexStore(embedder, databaseUrl) {
  const embedModel = new EmbeddingGemmaEmbedding({ embedder });

  /**
   * One connection for each use, closed at once: the embedded database serves one at a time.
   *
   * @template T
   * @param {(store: PGVectorStore) => Promise<T>} use
   * @param {boolean} performSetup - whether to create the table
   */
  async function withStore(use, performSetup = false) {
    const store = new PGVectorStore({
      clientConfig: { connectionString: databaseUrl },
      tableName: "fleet_llamaindex",
      dimensions: embedder.dimension,
      embedModel,
      performSetup,
    });
    const client = await store.client();
    try {
      return await use(store);
    } finally {
      await client.close();
    }
  }

  return {
    createTable: () => withStore(async () => {}, true),

    /** This store upserts, in a transaction. */
    upsert: (documents, vectors) =>
      withStore(async (store) => {
        const nodes = documents.map((document, index) => {
          const { key, title, text } = document;
          const embedding = [...(vectors[index] ?? [])];
          return new TextNode({ id_: rowId(document), text, metadata: { key, title }, embedding });
        });
        await store.add(nodes);
      }),

    search: (question, count) =>
      withStore(async (store) => {
        const queryEmbedding = [...(await embedder.encodeQuery(question))];
        const mode = VectorStoreQueryMode.DEFAULT;
        const { nodes = [] } = await store.query({ queryEmbedding, similarityTopK: count, mode });
        return nodes.map((node) => ({
          title: node.metadata.title,
          text: node.getContent(MetadataMode.NONE),
        }));
      }),
  };
}
