import type { Embedder } from "@embeddinggemma/core";
import { type FaissStore, FaissStoreError, type IdentityDifference } from "@embeddinggemma/faiss";
import type { DocumentRecord } from "@embeddinggemma/langchain";
import { CommandError } from "../failures/command-error.ts";
import type { ModelFlags } from "../model/model-options.ts";
import { nameOfModel } from "./model-of-store.ts";
import type { StoreSettings } from "./store-settings.ts";

/** A store of documents, as `FaissStore` of `@embeddinggemma/langchain` keeps them. */
export type DocumentStore = FaissStore<DocumentRecord>;

/** The models of a store and of the command line, for messages. */
interface Choice {
  readonly settings: StoreSettings | undefined;
  /** The flags that the embedder was opened with. */
  readonly flags: ModelFlags;
}

/**
 * Checks that an embedder made the vectors of a store.
 *
 * @throws CommandError that says what differs
 */
export function checkEmbedder(
  store: DocumentStore,
  { dimension, identity }: Embedder,
  choice: Choice,
): void {
  if (store.identity === undefined) {
    throw new CommandError(
      "The store does not say which model made its vectors, so they may not fit those of yours. " +
        "Index your files again, in a new store.",
    );
  }
  try {
    store.checkEmbedding({ dimension, identity });
  } catch (error) {
    if (!FaissStoreError.isInstance(error)) throw error;
    const message = `${reasonOf(error, choice)}\n\n${advice(choice.settings)}`;
    throw new CommandError(message, { cause: error });
  }
}

function reasonOf({ code, details }: FaissStoreError, { settings, flags }: Choice): string {
  const { differences = [], expected, given } = details;
  const model = differences.find(({ key }) => key === "");
  const named = { stored: settings && nameOfModel(settings.model), given: nameOfModel(flags) };
  if (named.stored !== undefined && named.stored !== named.given && (model || expected))
    return differentModels(named.stored, named.given);
  if (code === "DIMENSION_MISMATCH") return differentLengths(expected, given);
  return differentVectors(model ? [model] : differences);
}

export function differentModels(stored: string, given: string): string {
  return (
    `The model of the store is ${stored}, and yours is ${given}. Vectors of different models ` +
    "cannot be compared."
  );
}

export function differentLengths(stored: unknown, given: unknown): string {
  return `The store has vectors of ${stored} numbers, but yours have ${given}.`;
}

export function differentVectors(differences: readonly Omit<IdentityDifference, "key">[]): string {
  const parts = differences.map(describe);
  const what = parts.length === 0 ? "their identities" : parts.join(", and in ");
  return `The vectors of the store cannot be compared with yours. They differ in ${what}.`;
}

function describe({
  name,
  stored = "none",
  given = "none",
}: Omit<IdentityDifference, "key">): string {
  return `${name} (the store: ${stored}; yours: ${given})`;
}

/** What to do, by whether the program knows the model of the store. */
export function advice(settings: StoreSettings | undefined): string {
  const known = settings
    ? "Leave out the flags that choose a model: the one that made the store is used then."
    : "Give the model that made the store as --model.";
  return `${known} To use another model, index your files in a new store.`;
}
