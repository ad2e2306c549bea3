import { type FaissStore, FaissStoreError } from "@embeddinggemma/faiss";
import type { DocumentRecord } from "./document-record.ts";

type Store = FaissStore<DocumentRecord>;

/**
 * Adds the items of another store.
 *
 * @returns their ids
 * @throws `INVALID_ARGUMENT`, `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH`; nothing has changed then
 */
export function mergeStores(own: Store, added: Store): Promise<string[]> {
  try {
    own.checkEmbedding({ dimension: added.dimension, identity: added.identity ?? null });
    added.checkEmbedding({ identity: own.identity ?? null });
  } catch (error) {
    throw FaissStoreError.isInstance(error) ? asMergeError(error, own, added) : error;
  }
  return own.upsert(added, { existingIds: "error" });
}

/** The checks speak of a store and an embedding, but here are two stores. */
function asMergeError(cause: FaissStoreError, own: Store, added: Store): FaissStoreError {
  if (cause.code !== "IDENTITY_MISMATCH") {
    return new FaissStoreError(
      cause.code,
      `This store has vectors of ${own.dimension} numbers, but the other has vectors of ` +
        `${added.dimension}. Build one of them again with the model and the \`truncateDim\` of ` +
        "the other.",
      cause.details,
      { cause },
    );
  }
  const [one, other] = [own.identity, added.identity].map((identity) =>
    identity === undefined ? "no identity" : `the identity ${JSON.stringify(identity)}`,
  );
  const problem =
    own.identity !== undefined && added.identity !== undefined
      ? "Different embeddings made the vectors of the two stores, so they cannot be compared."
      : "It is unknown what made the vectors of one of the two stores, so they may not fit.";
  return new FaissStoreError(
    "IDENTITY_MISMATCH",
    `${problem} Build one of them again with the embeddings of the other. If you are sure that ` +
      "they agree: (await store.client()).upsert([...(await other.client())]).\n" +
      `This store has ${one}.\nThe other has ${other}.`,
    cause.details,
    { cause },
  );
}
