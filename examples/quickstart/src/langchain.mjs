import { EmbeddingGemmaEmbeddings, FaissStore } from "@embeddinggemma/langchain";
import { Document } from "@langchain/core/documents";
import { passages } from "./passages.mjs";
import { planets, question } from "./planets.mjs";

export const langchain = { name: "LangChain.js", rankPlanets, searchPassages };

/**
 * @param {import("@embeddinggemma/core").Embedder} embedder
 * @param {number} truncateDim
 * @returns {Promise<import("./report.mjs").Row[]>} best first
 */
async function rankPlanets(embedder, truncateDim) {
  const embeddings = new EmbeddingGemmaEmbeddings({ embedder, truncateDim });
  const store = await FaissStore.fromTexts(planets, {}, embeddings);
  const found = await store.similaritySearchWithScore(question, 4);
  return found.map(([{ pageContent }, score]) => ({ text: pageContent, score }));
}

/**
 * Searches all passages, then only those after a year, then the same in the saved and opened store.
 *
 * @param {import("@embeddinggemma/core").Embedder} embedder
 * @param {{ query: string, after: number, folder: string }} search
 */
async function searchPassages(embedder, { query, after, folder }) {
  const embeddings = new EmbeddingGemmaEmbeddings({ embedder });
  const documents = passages.map(
    ({ id, text, ...metadata }) => new Document({ id, pageContent: text, metadata }),
  );
  const store = await FaissStore.fromDocuments(documents, embeddings, { searchDimension: 128 });
  await store.save(folder);
  const reopened = await FaissStore.load(folder, embeddings);

  /** @param {Document} document */
  const recent = (document) => document.metadata.year > after;
  return {
    all: rows(await store.similaritySearchWithScore(query, 3)),
    filtered: rows(await store.similaritySearchWithScore(query, 3, recent)),
    reopened: rows(await reopened.similaritySearchWithScore(query, 3, recent)),
  };
}

/** @param {[import("@langchain/core/documents").DocumentInterface, number][]} found */
function rows(found) {
  return found.map(([{ metadata }, score]) => ({
    text: `${metadata.title} (${metadata.year})`,
    score,
  }));
}
