import { stableJson } from "@embeddinggemma/internal";
import { FaissStoreError, type IdentityDifference } from "../errors.ts";
import type { Identity, OpenOptions } from "../types.ts";
import { differencesOf, sayCopy, sayDifferences } from "./identity-differences.ts";

/** What is known about what makes vectors. An identity of `null` says that there is none. */
export type Embedding = Pick<OpenOptions, "dimension" | "identity">;

/** What an error says about a store that does not fit. */
export interface StoreInErrors {
  /** Names the store. @default "the store" */
  name?: string;
  /** What to do. */
  advice: string;
}

/** Advice where the option `allowMismatch` exists. */
export const allowMismatchAdvice =
  "Use the embedding that made the store, build the store again, or pass allowMismatch: true if " +
  "you are sure that they agree.";

/**
 * Checks a store for an embedding that will use it. What is undefined on one side is not checked.
 *
 * @throws FaissStoreError `DIMENSION_MISMATCH`, `IDENTITY_MISMATCH`
 */
export function checkEmbedding(stored: Embedding, given: Embedding, store: StoreInErrors): void {
  checkDimension(stored, given);
  if (stored.identity === undefined || given.identity === undefined) return;
  if (!isSameIdentity(stored.identity, given.identity))
    throw mismatch(store, stored.identity, given.identity);
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
 * Checks the option `dimension` of a caller, who may expect that it shortens vectors.
 *
 * @param made - how many numbers the vectors of the embedding have, if known
 * @throws FaissStoreError `DIMENSION_MISMATCH`
 */
export function checkDimensionOption(option: number | undefined, made: number | undefined): void {
  if (option === undefined || made === undefined || option === made) return;
  const advice = option < made ? " For shorter vectors, set `truncateDim` of the embedding." : "";
  throw new FaissStoreError(
    "DIMENSION_MISMATCH",
    `The option dimension says ${option}, but the embedding makes vectors of ${made} numbers. ` +
      `Leave the option out.${advice}`,
    { expected: option, given: made },
  );
}

/**
 * Checks that the vectors of another store can be added to one.
 *
 * @throws FaissStoreError `IDENTITY_MISMATCH` if the store has an identity that the other one has
 * not
 */
export function checkSameIdentity(own: Identity | undefined, other: Identity | undefined): void {
  if (own === undefined || isSameIdentity(own, other ?? null)) return;
  const differences = other ? differencesOf(own, other) : [];
  const reason = other
    ? "Different embeddings made the vectors of the two stores, so they cannot be compared. " +
      sayDifferences(differences, "this store", "the other") +
      sayCopy(differences)
    : "It is unknown what made the vectors of the other store, so they may not fit this one's. ";
  throw new FaissStoreError(
    "IDENTITY_MISMATCH",
    `${reason}Embed the texts again with the embedding of this store, or pass [...store] if you ` +
      "are sure that they agree.\n" +
      `This store has ${named(own)}.\nThe other has ${named(other ?? null)}.`,
    { own, other, differences },
  );
}

export function isSameIdentity(one: Identity | null, other: Identity | null): boolean {
  return one === null || other === null ? one === other : stableJson(one) === stableJson(other);
}

function mismatch(
  { name = "the store", advice }: StoreInErrors,
  stored: Identity | null,
  given: Identity | null,
): FaissStoreError {
  const differences = stored === null || given === null ? [] : differencesOf(stored, given);
  return new FaissStoreError(
    "IDENTITY_MISMATCH",
    `${reasonOf(name, stored, given, differences)} ${advice}\n` +
      `The store has ${named(stored)}.\nYour embedding has ${named(given)}.`,
    { stored, given, differences },
  );
}

function reasonOf(
  store: string,
  stored: Identity | null,
  given: Identity | null,
  differences: readonly IdentityDifference[],
): string {
  if (given === null) {
    return (
      `The identity of ${store} says what made its vectors, but your embedding states no ` +
      "identity, so it is unknown whether they can be compared. If it is the same embedding, " +
      "pass the store's identity as the option `identity`."
    );
  }
  if (stored === null)
    return `It is unknown what made the vectors in ${store}, so they may not fit yours.`;
  const reason = `Another embedding made the vectors in ${store}, so they cannot be compared`;
  const said = sayDifferences(differences, "the store", "yours") + sayCopy(differences);
  return `${reason} with yours. ${said}`.trimEnd();
}

function named(identity: Identity | null): string {
  return identity === null ? "no identity" : `the identity ${stableJson(identity)}`;
}
