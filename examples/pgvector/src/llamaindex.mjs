import { EmbeddingGemmaEmbedding } from "@embeddinggemma/llamaindex";
import { PGVectorStore } from "@llamaindex/postgres";
import {
  Document,
  MetadataMode,
  Settings,
  storageContextFromDefaults,
  VectorStoreIndex,
} from "llamaindex";
import { planets, question } from "./planets.mjs";

/**
 * @param {import("@embeddinggemma/core").Embedder} embedder
 * @param {import("./database.mjs").Connection} connection
 */
export async function searchWithLlamaIndex(embedder, connection) {
  Settings.embedModel = new EmbeddingGemmaEmbedding({ embedder });
  const vectorStore = new PGVectorStore({
    clientConfig: connection,
    tableName: "llamaindex_planets",
    dimensions: embedder.dimension,
  });
  const storageContext = await storageContextFromDefaults({ vectorStore });
  const documents = planets.map(
    ({ text, ...metadata }) =>
      new Document({ text, metadata, excludedEmbedMetadataKeys: ["rings"] }),
  );
  const index = await VectorStoreIndex.fromDocuments(documents, { storageContext });
  /** @type {import("llamaindex").MetadataFilters} */
  const filters = { filters: [{ key: "rings", operator: "==", value: "yes" }] };
  const found = await index.asRetriever({ similarityTopK: 2 }).retrieve(question);
  const ringed = await index.asRetriever({ similarityTopK: 1, filters }).retrieve(question);
  await (await vectorStore.client()).close();
  return [...found, ...ringed].map(({ node, score }) => ({
    text: node.getContent(MetadataMode.NONE),
    score,
  }));
}
