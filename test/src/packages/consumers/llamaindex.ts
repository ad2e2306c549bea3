import { EmbeddingGemmaEmbedding, FaissVectorStore } from "@embeddinggemma/llamaindex";
import { modelPath } from "@embeddinggemma/tiny-model";
import { Document, Settings, storageContextFromDefaults, VectorStoreIndex } from "llamaindex";

const planets = {
  venus: "Venus is often called Earth's twin because of its similar size and proximity.",
  mars: "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
  jupiter: "Jupiter, the largest planet in our solar system, has a prominent red spot.",
  saturn: "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
};

export async function main(): Promise<unknown> {
  Settings.embedModel = new EmbeddingGemmaEmbedding({ model: modelPath });
  const documents = Object.entries(planets).map(([id_, text]) => new Document({ id_, text }));
  const storageContext = await storageContextFromDefaults({
    vectorStore: new FaissVectorStore({ searchDimension: 256 }),
  });
  const index = await VectorStoreIndex.fromDocuments(documents, { storageContext });
  const hits = await index
    .asRetriever({ similarityTopK: 4 })
    .retrieve("Which planet is known as the Red Planet?");
  return hits.map(({ node, score }) => ({ id: node.sourceNode?.nodeId, score }));
}
