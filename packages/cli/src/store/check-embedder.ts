import type { Embedder } from "@embeddinggemma/core";
import type { FaissStore } from "@embeddinggemma/faiss";
import type { DocumentRecord } from "@embeddinggemma/langchain";
import { CommandError } from "../command-error.ts";

/** A store of documents, as `FaissStore` of `@embeddinggemma/langchain` keeps them. */
export type DocumentStore = FaissStore<DocumentRecord>;

/**
 * Checks that an embedder made the vectors of a store.
 *
 * @throws FaissStoreError `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH`
 */
export function checkEmbedder(store: DocumentStore, { dimension, identity }: Embedder): void {
  store.checkEmbedding({ dimension, identity });
  if (store.identity !== undefined) return;
  throw new CommandError(
    "The store does not say which model made its vectors, so they may not fit those of yours. " +
      "Index your files again, in a new store.",
  );
}
