import { EmbeddingGemmaEmbeddings } from "@embeddinggemma/langchain";
import { PGVectorStore } from "@langchain/community/vectorstores/pgvector";
import { Document } from "@langchain/core/documents";
import { rowId } from "./row-id.mjs";

/**
 * @param {import("@embeddinggemma/core").Embedder} embedder
 * @param {string} databaseUrl
 * @returns {import("./store.mjs").Store}
 */
export function langchainStore(embedder, databaseUrl) {
  const embeddings = new EmbeddingGemmaEmbeddings({ embedder });

  /**
   * One connection for each use, closed at once: the embedded database serves one at a time.
   *
   * @template T
   * @param {(store: PGVectorStore) => Promise<T>} use
   */
  async function withStore(use) {
    const store = new PGVectorStore(embeddings, {
      postgresConnectionOptions: { connectionString: databaseUrl, max: 1 },
      tableName: "fleet_langchain",
    });
    try {
      return await use(store);
    } finally {
      await store.end();
    }
  }

  return {
    createTable: () => withStore((store) => store.ensureTableInDatabase(embedder.dimension)),

    /**
     * LangChain's store only inserts, so rows of an earlier attempt are deleted first. This is one
     * transaction, since the store has one connection. If it fails, the connection is closed and
     * Postgres rolls back.
     */
    upsert: (documents, vectors) =>
      withStore(async (store) => {
        const ids = documents.map(rowId);
        await store.pool.query("BEGIN");
        await store.delete({ ids });
        await store.addVectors(
          vectors.map((vector) => [...vector]),
          documents.map(
            ({ key, title, text }) => new Document({ pageContent: text, metadata: { key, title } }),
          ),
          { ids },
        );
        await store.pool.query("COMMIT");
      }),

    search: (question, count) =>
      withStore(async (store) => {
        const found = await store.similaritySearch(question, count);
        return found.map(({ pageContent, metadata }) => ({
          title: metadata.title,
          text: pageContent,
        }));
      }),
  };
}
