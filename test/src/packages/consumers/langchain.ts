import { EmbeddingGemmaEmbeddings, FaissStore } from "@embeddinggemma/langchain";
import { modelPath } from "@embeddinggemma/tiny-model";
import { Document } from "@langchain/core/documents";

const planets = {
  venus: "Venus is often called Earth's twin because of its similar size and proximity.",
  mars: "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
  jupiter: "Jupiter, the largest planet in our solar system, has a prominent red spot.",
  saturn: "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
};

export async function main(): Promise<unknown> {
  const embeddings = new EmbeddingGemmaEmbeddings({ model: modelPath });
  const documents = Object.entries(planets).map(
    ([id, pageContent]) => new Document({ id, pageContent }),
  );
  const store = await FaissStore.fromDocuments(documents, embeddings, {
    engine: "auto",
    searchDimension: 256,
  });
  const hits = await store.similaritySearchWithScore("Which planet is known as the Red Planet?", 4);
  return hits.map(([document, score]: [Document, number]) => ({ id: document.id, score }));
}
