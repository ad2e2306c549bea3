import { type FaissStore, FaissStoreError, type FaissStoreOptions } from "@embeddinggemma/faiss";

/** @throws `DIMENSION_MISMATCH`, `IDENTITY_MISMATCH` where a store and the vectors of its embedding model are both known, and differ */
export function checkStore<R>(
  store: FaissStore<R>,
  { dimension, identity }: Pick<FaissStoreOptions, "dimension" | "identity">,
): void {
  if (dimension !== undefined && store.dimension !== undefined && dimension !== store.dimension) {
    throw new FaissStoreError(
      "DIMENSION_MISMATCH",
      `The given store holds vectors of ${store.dimension} numbers, and the embedding model makes vectors of ${dimension}. ` +
        "Give the embedding model the `truncateDim` of the one that made it.",
      { expected: store.dimension, given: dimension },
    );
  }
  if (identity !== undefined && store.identity !== undefined && identity !== store.identity) {
    throw new FaissStoreError(
      "IDENTITY_MISMATCH",
      "The given store was made with another embedding model, so its vectors cannot be compared with yours. " +
        `Made with ${JSON.stringify(store.identity)}, given to ${JSON.stringify(identity)}. ` +
        "Give the embedding model that made it, or embed the nodes again.",
      { stored: store.identity, given: identity },
    );
  }
}
