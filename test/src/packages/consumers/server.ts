import { Embedder } from "@embeddinggemma/core";
import { type AppOptions, createApp, DocumentIndex } from "@embeddinggemma/server";
import { modelPath } from "@embeddinggemma/tiny-model";

const options: AppOptions = { apiKey: "secret", defaultPromptName: "document" };

export async function main(): Promise<unknown> {
  const embedder = await Embedder.load(modelPath);
  const app = createApp(embedder, options);
  const body = JSON.stringify({ input: "Mars is red.", model: "any" });
  const headers = { "content-type": "application/json", authorization: "Bearer secret" };
  const response = await app.request("/v1/embeddings", { method: "POST", headers, body });
  const { data } = (await response.json()) as { data: { embedding: number[] }[] };
  const index = await DocumentIndex.open("documents", embedder, { readOnly: true });
  await index.close();
  await embedder.dispose();
  return [data[0]?.embedding.length === embedder.dimension, index.size === 0];
}
