import { stableJson } from "@embeddinggemma/internal";
import { FaissStoreError } from "../errors.ts";
import type { Identity } from "../types.ts";

/**
 * @throws FaissStoreError `IDENTITY_MISMATCH` if another embedding than `given` made the vectors of
 * a saved store
 */
export function checkIdentity(
  directory: string,
  stored: Identity | null,
  given: Identity | undefined,
): void {
  if (given === undefined || isSameIdentity(stored, given)) return;
  throw new FaissStoreError(
    "IDENTITY_MISMATCH",
    `The store in ${directory} was made with another embedding, so its vectors cannot be ` +
      "compared with yours. Made with " +
      `${stored === null ? "one that was not recorded" : stableJson(stored)}, ` +
      `opened with ${stableJson(given)}. Open it with the embedding that made it, build it ` +
      "again, or pass allowMismatch: true if you know that they agree.",
    { stored, given },
  );
}

/** What is known of the embedding that made vectors. */
export interface Embedding {
  dimension?: number | undefined;
  identity?: Identity | undefined;
}

/**
 * @throws FaissStoreError `DIMENSION_MISMATCH`, `IDENTITY_MISMATCH` if something is known on both
 * sides and differs
 */
export function checkEmbedding(stored: Embedding, given: Embedding): void {
  if (
    stored.dimension !== undefined &&
    given.dimension !== undefined &&
    stored.dimension !== given.dimension
  ) {
    throw new FaissStoreError(
      "DIMENSION_MISMATCH",
      `The store holds vectors of ${stored.dimension} numbers, and the embedding makes vectors ` +
        `of ${given.dimension}. Use the model and the \`truncateDim\` that made the store.`,
      { expected: stored.dimension, given: given.dimension },
    );
  }
  if (
    stored.identity === undefined ||
    given.identity === undefined ||
    isSameIdentity(stored.identity, given.identity)
  ) {
    return;
  }
  throw new FaissStoreError(
    "IDENTITY_MISMATCH",
    "The store was made with another embedding, so its vectors cannot be compared with yours. " +
      `Made with ${stableJson(stored.identity)}, given to ${stableJson(given.identity)}. ` +
      "Use the embedding that made it, or embed the texts again.",
    { stored: stored.identity, given: given.identity },
  );
}

/**
 * @throws FaissStoreError `IDENTITY_MISMATCH` if the identity of both stores is known and differs
 */
export function checkSameIdentity(own: Identity | undefined, other: Identity | undefined): void {
  if (own === undefined || other === undefined || isSameIdentity(own, other)) return;
  throw new FaissStoreError(
    "IDENTITY_MISMATCH",
    "The stores were made with different embeddings, so their vectors cannot be compared: " +
      `${stableJson(own)} and ${stableJson(other)}. Embed the texts again with one of them, ` +
      "or pass [...store] if you know that they agree.",
    { own, other },
  );
}

export function isSameIdentity(one: Identity | null, other: Identity | null): boolean {
  return one === null || other === null ? one === other : stableJson(one) === stableJson(other);
}
