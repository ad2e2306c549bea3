import { stableJson } from "@embeddinggemma/internal";
import { FaissStoreError } from "../errors.ts";
import type { Identity } from "../types.ts";
import { differencesOf } from "./identity-differences.ts";

/** What is known about the embedding that makes vectors. */
export interface Embedding {
  dimension?: number | undefined;
  /** `null` says that the embedding has none. */
  identity?: Identity | null | undefined;
}

const remedies =
  "Use the embedding that made the store, build the store again, or pass allowMismatch: true if " +
  "you are sure that they agree.";

/**
 * @throws FaissStoreError `IDENTITY_MISMATCH` if the identity of a saved store is not the given one
 */
export function checkIdentity(
  directory: string,
  stored: Identity | null,
  given: Identity | null | undefined,
): void {
  if (given === undefined || isSameIdentity(stored, given)) return;
  throw mismatch(`the store in ${directory}`, stored, given, remedies);
}

/**
 * Checks a store for an embedding that will search it and add to it.
 *
 * @throws FaissStoreError `DIMENSION_MISMATCH`; `IDENTITY_MISMATCH` if the store has an identity
 * that the embedding does not state
 */
export function checkFit(stored: Embedding, given: Embedding): void {
  checkDimension(stored, given);
  const identity = given.identity ?? null;
  if (stored.identity === undefined || isSameIdentity(stored.identity, identity)) return;
  throw mismatch("the store", stored.identity, identity, remedies);
}

/**
 * @throws FaissStoreError `DIMENSION_MISMATCH`, `IDENTITY_MISMATCH` if both values are known and
 * differ
 */
export function checkEmbedding(stored: Embedding, given: Embedding): void {
  checkDimension(stored, given);
  if (
    stored.identity === undefined ||
    given.identity === undefined ||
    isSameIdentity(stored.identity, given.identity)
  ) {
    return;
  }
  const advice = "Use the embedding that made the store, or embed the texts again.";
  throw mismatch("the store", stored.identity, given.identity, advice);
}

/** @throws FaissStoreError `DIMENSION_MISMATCH` if both dimensions are known and differ */
function checkDimension(stored: Embedding, given: Embedding): void {
  if (
    stored.dimension === undefined ||
    given.dimension === undefined ||
    stored.dimension === given.dimension
  ) {
    return;
  }
  throw new FaissStoreError(
    "DIMENSION_MISMATCH",
    `The store has vectors of ${stored.dimension} numbers, but the embedding makes vectors of ` +
      `${given.dimension}. Use the model and the \`truncateDim\` that made the store.`,
    { expected: stored.dimension, given: given.dimension },
  );
}

/**
 * Checks that the vectors of another store can be added to one.
 *
 * @throws FaissStoreError `IDENTITY_MISMATCH` if the store has an identity and the other one has
 * another or none, or if both have one and they differ
 */
export function checkSameIdentity(own: Identity | undefined, other: Identity | undefined): void {
  if (own === undefined || (other !== undefined && isSameIdentity(own, other))) return;
  const reason = other
    ? "Different embeddings made the vectors of the two stores, so they cannot be compared. " +
      differencesOf(own, other, "this store", "the other")
    : "It is unknown what made the vectors of the other store, so they may not fit this one's. ";
  throw new FaissStoreError(
    "IDENTITY_MISMATCH",
    `${reason}Embed the texts again with the embedding of this store, or pass [...store] if you ` +
      "are sure that they agree.\n" +
      `This store has ${named(own)}.\nThe other has ${named(other ?? null)}.`,
    { own, other },
  );
}

export function isSameIdentity(one: Identity | null, other: Identity | null): boolean {
  return one === null || other === null ? one === other : stableJson(one) === stableJson(other);
}

/** @param store - names the store, such as "the store" */
function mismatch(
  store: string,
  stored: Identity | null,
  given: Identity | null,
  advice: string,
): FaissStoreError {
  return new FaissStoreError(
    "IDENTITY_MISMATCH",
    `${reasonOf(store, stored, given)} ${advice}\n` +
      `The store has ${named(stored)}.\nYour embedding has ${named(given)}.`,
    { stored, given },
  );
}

function reasonOf(store: string, stored: Identity | null, given: Identity | null): string {
  if (given === null) {
    return (
      `The identity of ${store} says what made its vectors, but your embedding states no ` +
      "identity, so it is unknown whether they can be compared. If it is the same embedding, " +
      "pass the store's identity as the option `identity`."
    );
  }
  if (stored === null)
    return `It is unknown what made the vectors in ${store}, so they may not fit yours.`;
  const differences = differencesOf(stored, given, "the store", "yours");
  const reason = `Another embedding made the vectors in ${store}, so they cannot be compared`;
  return `${reason} with yours. ${differences}`.trimEnd();
}

function named(identity: Identity | null): string {
  return identity === null ? "no identity" : `the identity ${stableJson(identity)}`;
}
