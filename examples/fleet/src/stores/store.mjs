import { langchainStore } from "./langchain.mjs";
import { llamaindexStore } from "./llamaindex.mjs";

/** @typedef {import("../documents.mjs").SourceDocument} SourceDocument */

/** @typedef {{ title: string, text: string }} Found */

/**
 * @typedef {object} Store
 * @property {() => Promise<void>} createTable - if it is missing
 * @property {(documents: SourceDocument[], vectors: Float32Array[]) => Promise<void>} upsert
 * @property {(question: string, count: number) => Promise<Found[]>} search
 */

/**
 * @param {import("../options.mjs").StoreName} name
 * @param {import("@embeddinggemma/core").Embedder} embedder
 * @param {string} databaseUrl
 * @returns {Store}
 */
export function openStore(name, embedder, databaseUrl) {
  const open = { langchain: langchainStore, llamaindex: llamaindexStore }[name];
  return open(embedder, databaseUrl);
}
