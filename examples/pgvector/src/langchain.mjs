import { EmbeddingGemmaEmbeddings } from "@embeddinggemma/langchain";
import { PGVectorStore } from "@langchain/community/vectorstores/pgvector";
import { Document } from "@langchain/core/documents";
import { planets, question } from "./planets.mjs";

/**
 * @param {import("@embeddinggemma/core").Embedder} embedder
 * @param {import("./database.mjs").Connection} connection
 */
export async function searchWithLangChain(embedder, connection) {
  const embeddings = new EmbeddingGemmaEmbeddings({ embedder });
  const documents = planets.map(
    ({ text, ...metadata }) => new Document({ pageContent: text, metadata }),
  );
  const store = await PGVectorStore.fromDocuments(documents, embeddings, {
    postgresConnectionOptions: connection,
    tableName: "langchain_planets",
    dimensions: embedder.dimension,
    distanceStrategy: "cosine",
  });
  const found = await store.similaritySearchWithScore(question, 2);
  const ringed = await store.similaritySearchWithScore(question, 1, { rings: "yes" });
  await store.end();
  // This store returns cosine distances.
  return [...found, ...ringed].map(([{ pageContent }, distance]) => ({
    text: pageContent,
    score: 1 - distance,
  }));
}
