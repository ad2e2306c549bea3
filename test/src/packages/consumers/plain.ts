import { Embedder, EmbeddingGemmaError } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";
import { modelPath } from "@embeddinggemma/tiny-model";

const planets = {
  venus: "Venus is often called Earth's twin because of its similar size and proximity.",
  mars: "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
  jupiter: "Jupiter, the largest planet in our solar system, has a prominent red spot.",
  saturn: "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
};

export async function main(): Promise<unknown> {
  const embedder = await Embedder.load(modelPath);
  const vectors: Float32Array[] = await embedder.encodeDocument(Object.values(planets));
  const items = Object.entries(planets).map(([id, text], i) => ({
    id,
    vector: vectors[i]!,
    record: { text },
  }));
  const store = await FaissStore.create<{ text: string }>({
    dimension: embedder.dimension,
    searchDimension: 256,
  });
  await store.upsert(items);
  const query = await embedder.encodeQuery("Which planet is known as the Red Planet?");
  const hits = await store.search(query, {
    k: 4,
    filter: (record) => record.text.includes("Red Planet"),
  });
  await embedder.dispose();
  const rejection: unknown = await embedder.encodeQuery("Mars").catch((error: unknown) => error);
  if (!EmbeddingGemmaError.isInstance(rejection))
    throw new Error("A disposed embedder must reject with an EmbeddingGemmaError.");
  return hits.map(({ id, score }) => ({ id, score }));
}
