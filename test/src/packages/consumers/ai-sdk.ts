import { createEmbeddingGemma, type EmbeddingGemmaProviderOptions } from "@embeddinggemma/ai-sdk";
import { modelPath } from "@embeddinggemma/tiny-model";
import { cosineSimilarity, createProviderRegistry, embed, embedMany } from "ai";

export async function main(): Promise<unknown> {
  const embeddingGemma = createEmbeddingGemma({ model: modelPath, truncateDim: 256 });
  const registry = createProviderRegistry({ gemma: embeddingGemma });
  const options: EmbeddingGemmaProviderOptions = { title: "Planets" };
  const { embeddings } = await embedMany({
    model: registry.embeddingModel("gemma:document"),
    values: ["Venus is hot.", "Mars is often referred to as the Red Planet."],
    providerOptions: { embeddingGemma: options },
  });
  const value = "Which planet is known as the Red Planet?";
  const { embedding } = await embed({ model: embeddingGemma.query, value });
  const [venus, mars] = embeddings.map((one) => cosineSimilarity(embedding, one));
  await embeddingGemma.dispose();
  return [embedding.length, mars! > venus!];
}
