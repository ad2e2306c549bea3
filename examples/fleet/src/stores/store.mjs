/** @typedef {import("../documents.mjs").SourceDocument} SourceDocument */

/** @typedef {{ title: string, text: string }} Found */

/**
 * @typedef {object} Store
 * @property {() => Promise<void>} createTable - if it is missing
 * @property {(documents: SourceDocument[], vectors: Float32Array[]) => Promise<void>} upsert
 * @property {(question: string, count: number) => Promise<Found[]>} search
 */

/**
 * Imports only the framework of this store: each worker starts faster.
 *
 * @param {import("../options.mjs").StoreName} name
 * @param {import("@embeddinggemma/core").Embedder} embedder
 * @param {string} databaseUrl
 * @returns {Promise<Store>}
 */
export async function openStore(name, embedder, databaseUrl) {
  if (name === "langchain") {
    const { langchainStore } = await import("./langchain.mjs");
    return langchainStore(embedder, databaseUrl);
  }
  const { llamaindexStore } = await import("./llamaindex.mjs");
  return llamaindexStore(embedder, databaseUrl);
}
