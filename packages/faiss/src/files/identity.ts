import { stableJson } from "@embeddinggemma/internal";
import { FaissStoreError } from "../errors.ts";
import type { Identity } from "../types.ts";

/**
 * @throws FaissStoreError `IDENTITY_MISMATCH` if the identity of a saved store is not the given one
 */
export function checkIdentity(
  directory: string,
  stored: Identity | null,
  given: Identity | undefined,
): void {
  if (given === undefined || isSameIdentity(stored, given)) return;
  throw new FaissStoreError(
    "IDENTITY_MISMATCH",
    `Another embedding made the vectors in ${directory}, so they cannot be compared with yours. ` +
      `The store has ${stored === null ? "no identity" : `the identity ${stableJson(stored)}`}; ` +
      `you gave ${stableJson(given)}. Use the embedding that made the store, build the store ` +
      "again, or pass allowMismatch: true if you are sure that they agree.",
    { stored, given },
  );
}

/** What is known about the embedding that makes vectors. */
export interface Embedding {
  dimension?: number | undefined;
  identity?: Identity | undefined;
}

/**
 * @throws FaissStoreError `DIMENSION_MISMATCH`, `IDENTITY_MISMATCH` if both values are known and
 * differ
 */
export function checkEmbedding(stored: Embedding, given: Embedding): void {
  if (
    stored.dimension !== undefined &&
    given.dimension !== undefined &&
    stored.dimension !== given.dimension
  ) {
    throw new FaissStoreError(
      "DIMENSION_MISMATCH",
      `The store has vectors of ${stored.dimension} numbers, but the embedding makes vectors of ` +
        `${given.dimension}. Use the model and the \`truncateDim\` that made the store.`,
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
    "Another embedding made the vectors of the store, so they cannot be compared with yours. " +
      `The store has the identity ${stableJson(stored.identity)}; the embedding has ` +
      `${stableJson(given.identity)}. Use the embedding that made the store, or embed the texts ` +
      "again.",
    { stored: stored.identity, given: given.identity },
  );
}

/** @throws FaissStoreError `IDENTITY_MISMATCH` if both identities are known and differ */
export function checkSameIdentity(own: Identity | undefined, other: Identity | undefined): void {
  if (own === undefined || other === undefined || isSameIdentity(own, other)) return;
  throw new FaissStoreError(
    "IDENTITY_MISMATCH",
    "Different embeddings made the vectors of the two stores, so they cannot be compared: " +
      `${stableJson(own)} and ${stableJson(other)}. Embed the texts again with one of them, ` +
      "or pass [...store] if you are sure that they agree.",
    { own, other },
  );
}

export function isSameIdentity(one: Identity | null, other: Identity | null): boolean {
  return one === null || other === null ? one === other : stableJson(one) === stableJson(other);
}
