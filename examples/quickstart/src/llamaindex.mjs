import { EmbeddingGemmaEmbedding, FaissVectorStore } from "@embeddinggemma/llamaindex";
import {
  Document,
  MetadataMode,
  Settings,
  storageContextFromDefaults,
  VectorStoreIndex,
} from "llamaindex";
import { passages } from "./passages.mjs";
import { planets, question } from "./planets.mjs";

export const llamaindex = { name: "LlamaIndex.TS", rankPlanets, searchPassages };

/**
 * @param {import("@embeddinggemma/core").Embedder} embedder
 * @param {number} truncateDim
 * @returns {Promise<import("./report.mjs").Row[]>} best first
 */
async function rankPlanets(embedder, truncateDim) {
  Settings.embedModel = new EmbeddingGemmaEmbedding({ embedder, truncateDim });
  const storageContext = await storageContextFromDefaults({ vectorStore: new FaissVectorStore() });
  const documents = planets.map((text) => new Document({ text }));
  const index = await VectorStoreIndex.fromDocuments(documents, { storageContext });
  const found = await index.asRetriever({ similarityTopK: 4 }).retrieve(question);
  return found.map(({ node, score }) => ({
    text: node.getContent(MetadataMode.NONE),
    score: score ?? Number.NaN,
  }));
}

/**
 * Searches all passages, then only those after a year, then the same in the saved and opened store.
 *
 * @param {import("@embeddinggemma/core").Embedder} embedder
 * @param {{ query: string, after: number, folder: string }} search
 */
async function searchPassages(embedder, { query, after, folder }) {
  Settings.embedModel = new EmbeddingGemmaEmbedding({ embedder });
  const vectorStore = new FaissVectorStore({ searchDimension: 128 });
  const storageContext = await storageContextFromDefaults({ vectorStore });
  const documents = passages.map(
    ({ id, text, ...metadata }) =>
      new Document({ id_: id, text, metadata, excludedEmbedMetadataKeys: ["topic", "year"] }),
  );
  const index = await VectorStoreIndex.fromDocuments(documents, { storageContext });
  await vectorStore.persist(folder);
  const reopened = await VectorStoreIndex.fromVectorStore(
    await FaissVectorStore.fromPersistDir(folder),
  );

  /** @type {import("llamaindex").MetadataFilters} */
  const filters = { filters: [{ key: "year", operator: ">", value: after }] };
  return {
    all: rows(await index.asRetriever({ similarityTopK: 3 }).retrieve(query)),
    filtered: rows(await index.asRetriever({ similarityTopK: 3, filters }).retrieve(query)),
    reopened: rows(await reopened.asRetriever({ similarityTopK: 3, filters }).retrieve(query)),
  };
}

/** @param {import("llamaindex").NodeWithScore[]} found */
function rows(found) {
  return found.map(({ node: { metadata }, score }) => ({
    text: `${metadata.title} (${metadata.year})`,
    score: score ?? Number.NaN,
  }));
}
