import { explainElsewhere } from "@embeddinggemma/internal";
import { storeChecker } from "./check-options.ts";
import { EmbeddingGemmaEmbedding } from "./embedding.ts";

/**
 * Explains why a store refuses an option of the embedding model.
 *
 * @returns the error to throw; the same one for any other error
 */
export function explainOption(error: unknown, options: unknown): unknown {
  return explainElsewhere(storeChecker, error, options, {
    create: (own) => new EmbeddingGemmaEmbedding(own),
    advice: (option) =>
      `It is an option of the embedding model: new EmbeddingGemmaEmbedding({ ${option} }).`,
  });
}
