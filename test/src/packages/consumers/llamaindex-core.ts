import { EmbeddingGemmaEmbedding, FaissVectorStore } from "@embeddinggemma/llamaindex";
import { modelPath } from "@embeddinggemma/tiny-model";
import { TextNode } from "@llamaindex/core/schema";
import { type BaseVectorStore, VectorStoreQueryMode } from "@llamaindex/core/vector-store";

const planets = {
  venus: "Venus is often called Earth's twin because of its similar size and proximity.",
  mars: "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
  jupiter: "Jupiter, the largest planet in our solar system, has a prominent red spot.",
  saturn: "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
};

export async function main(): Promise<unknown> {
  const embedModel = new EmbeddingGemmaEmbedding({ model: modelPath, truncateDim: 256 });
  const store: BaseVectorStore = new FaissVectorStore({ embedModel });
  const nodes = Object.entries(planets).map(
    ([id_, text]) => new TextNode({ id_, text, metadata: { planet: id_ } }),
  );
  await store.add(await embedModel(nodes));
  const queryEmbedding = await embedModel.getQueryEmbedding({
    type: "text",
    text: "Which planet is known as the Red Planet?",
  });
  const { ids, similarities } = await store.query({
    queryEmbedding: queryEmbedding ?? [],
    similarityTopK: 4,
    mode: VectorStoreQueryMode.DEFAULT,
    filters: { filters: [{ key: "planet", operator: "!=", value: "venus" }] },
  });
  await embedModel.dispose();
  return ids.map((id, place) => ({ id, score: similarities[place] }));
}
