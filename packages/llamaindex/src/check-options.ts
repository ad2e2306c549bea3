import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { FaissStoreError } from "@embeddinggemma/faiss";
import { checkerFor } from "@embeddinggemma/internal";

export const embeddingChecker = checkerFor(
  (message, details) => new EmbeddingGemmaError("INVALID_ARGUMENT", message, details),
);

export const storeChecker = checkerFor(
  (message, details) => new FaissStoreError("INVALID_ARGUMENT", message, details),
);
