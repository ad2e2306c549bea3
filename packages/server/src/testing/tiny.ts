import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";

let loading: Promise<Embedder> | undefined;

/** Long texts are cut here, since the 2,048 tokens of the model take over a second. */
const maxTokens = 256;

/** An embedder with the tiny model. All tests share it, so none disposes it. */
export function tinyEmbedder(): Promise<Embedder> {
  loading ??= Embedder.load(modelPath, { threads: 1, maxTokens });
  return loading;
}

/** The blog post's query, and its documents, best first. */
export const planets = {
  query: "Which planet is known as the Red Planet?",
  documents: [
    "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
    "Jupiter, the largest planet in our solar system, has a prominent red spot.",
    "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
    "Venus is often called Earth's twin because of its similar size and proximity.",
  ],
};
