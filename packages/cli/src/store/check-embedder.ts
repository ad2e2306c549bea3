import type { Embedder } from "@embeddinggemma/core";
import type { FaissStore } from "@embeddinggemma/faiss";
import type { DocumentRecord } from "@embeddinggemma/langchain";
import { CommandError } from "../command-error.ts";

/** A store of documents, as `FaissStore` of `@embeddinggemma/langchain` keeps them. */
export type DocumentStore = FaissStore<DocumentRecord>;

/**
 * Checks that an embedder made the vectors of a store.
 *
 * @throws CommandError that says what differs
 */
export function checkEmbedder(store: DocumentStore, { dimension, identity }: Embedder): void {
  if (store.identity === undefined) {
    throw new CommandError(
      "The store does not say which model made its vectors, so they may not fit those of yours. " +
        "Index your files again, in a new store.",
    );
  }
  try {
    store.checkEmbedding({ dimension, identity });
  } catch (error) {
    throw new CommandError(`${reasonOf(error as Error)}\n\n${advice}`, { cause: error });
  }
}

/** What differs, without the advice for code and without the whole identities. */
function reasonOf({ message }: Error): string {
  return message.replace(/ Use the [\s\S]*/, "");
}

const advice =
  "Leave out the flags that choose a model: the one that made the store is used then. To use " +
  "another model, index your files in a new store.";
