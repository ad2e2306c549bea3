import type { Embedder } from "@embeddinggemma/core";
import { type FaissStore, FaissStoreError, type IdentityDifference } from "@embeddinggemma/faiss";
import type { DocumentRecord } from "@embeddinggemma/langchain";
import { CommandError } from "../failures/command-error.ts";
import type { ModelFlags } from "../model/model-options.ts";
import { makerOf } from "./maker-of-store.ts";
import { choosesSame, nameOfModel } from "./model-of-store.ts";
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
  { dimension, identity, model }: Embedder,
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
    const stored = storedName(store, choice.settings);
    const message = `${reasonOf(error, stored, givenName(choice.flags, model))}\n\n`;
    throw new CommandError(message + advice(store, choice.settings, choice.flags), {
      cause: error,
    });
  }
}

function reasonOf(
  { code, details }: FaissStoreError,
  storedName: string | undefined,
  givenName: string,
): string {
  const { differences = [], expected, given } = details;
  const model = differences.find(({ key }) => key === "");
  if (storedName !== undefined && storedName !== givenName && (model || expected))
    return differentModels(storedName, givenName);
  if (code === "DIMENSION_MISMATCH") return differentLengths(expected, given);
  return differentVectors(model ? [model] : differences);
}

/** The model of a store; undefined if nothing but its identity names it. */
function storedName(
  { identity }: DocumentStore,
  settings: StoreSettings | undefined,
): string | undefined {
  const { url } = settings?.model ?? {};
  if (url === undefined) return settings && nameOfModel(settings.model);
  return makerOf(identity).name ?? `the one that ${url} ran`;
}

/** @param served - the name of the model that a server has */
function givenName(flags: ModelFlags, served: string): string {
  return flags.url === undefined ? nameOfModel(flags) : `${served} of ${flags.url}`;
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

/**
 * What to do, by what the program knows of the model of the store.
 *
 * @param flags - those that did not fit
 */
export function advice(
  store: Pick<DocumentStore, "identity">,
  settings: StoreSettings | undefined,
  flags: ModelFlags,
): string {
  const known = knownAdvice(store, settings?.model, flags);
  return `${known} To use another model or dimension, index your files in a new store.`;
}

function knownAdvice(
  { identity }: Pick<DocumentStore, "identity">,
  stored: ModelFlags | undefined,
  flags: ModelFlags,
): string {
  const isServed = stored?.url !== undefined;
  if (isServed && stored.truncateDim !== flags.truncateDim) return "Leave out --truncate-dim.";
  // The server may be gone.
  const isElsewhere = isServed && stored.url !== flags.url;
  if (stored && !isElsewhere && !choosesSame(stored, flags))
    return "Leave out the flags that choose a model: the one that made the store is used then.";
  if (makerOf(identity).isForeignServer)
    return (
      "Give a server with the model that made the store as --url: no model here makes the same " +
      "vectors."
    );
  if (isServed)
    return (
      "Give the model that the server ran as --model, with its --dtype, or a server with it as " +
      "--url."
    );
  return "Give the model that made the store as --model.";
}
