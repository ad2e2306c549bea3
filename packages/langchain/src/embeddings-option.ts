import { explainElsewhere } from "@embeddinggemma/internal";
import { storeChecker } from "./check-options.ts";
import { EmbeddingGemmaEmbeddings } from "./embeddings.ts";

/**
 * Explains why a store refuses an option of the embeddings.
 *
 * @returns the error to throw; the same one for any other error
 */
export function explainOption(error: unknown, options: unknown): unknown {
  return explainElsewhere(storeChecker, error, options, {
    create: (own) => new EmbeddingGemmaEmbeddings(own),
    advice: (option) =>
      `It is an option of the embeddings: new EmbeddingGemmaEmbeddings({ ${option} }).`,
  });
}
