import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { FaissStoreError } from "@embeddinggemma/faiss";
import { checkerFor } from "@embeddinggemma/internal";

export const embeddingChecker = checkerFor(
  (message, details) => new EmbeddingGemmaError("INVALID_ARGUMENT", message, details),
);

export const storeChecker = checkerFor(
  (message, details) => new FaissStoreError("INVALID_ARGUMENT", message, details),
);

/** Whether a value can be a vector. Its numbers are not checked. */
export function isVector(value: unknown): value is number[] {
  return Array.isArray(value) || value instanceof Float32Array || value instanceof Float64Array;
}
