import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { checkerFor } from "@embeddinggemma/internal";

/** Checks arguments and options. Its errors are `INVALID_ARGUMENT`. */
export const checker = checkerFor(
  (message, details) => new EmbeddingGemmaError("INVALID_ARGUMENT", message, details),
);
