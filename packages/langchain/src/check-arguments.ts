import { type ChangeOptions, checkChangeOptions, FaissStoreError } from "@embeddinggemma/faiss";
import {
  awaitHint,
  createWith,
  isObject,
  isRecord,
  type Rule,
  rules,
} from "@embeddinggemma/internal";
import { everything, type MetadataFilter } from "@embeddinggemma/internal/filters";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { storeChecker } from "./check-options.ts";
import { documentPredicate } from "./document-filter.ts";

const { checkOptions, invalidArgument } = storeChecker;

/** @throws `INVALID_ARGUMENT` */
export function checkArray(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw invalidArgument(name, value, "an array", awaitHint(value));
}

/** @throws `INVALID_ARGUMENT` for what embeddings should not return. The store checks the rest. */
export function checkVector(query: unknown): void {
  if (Array.isArray(query) || ArrayBuffer.isView(query)) return;
  throw invalidArgument("The vector of the query", query, "an array of numbers", awaitHint(query));
}

/** @throws `INVALID_ARGUMENT` for what is no text, which `Document` would turn into one */
export function checkTexts(texts: unknown): void {
  checkArray("texts", texts);
  for (const [position, text] of (texts as unknown[]).entries()) {
    if (typeof text === "string") continue;
    const advice = isRecord(text) ? "For documents, use `fromDocuments`." : undefined;
    throw invalidArgument(`texts[${position}]`, text, "a string", advice);
  }
}

/** @throws `INVALID_ARGUMENT` for what is no object, such as the number of documents alone */
export function checkDiverseOptions(options: unknown): void {
  if (options !== undefined && options !== null && !isObject(options))
    throw invalidArgument("options", options, "an object such as { k: 4, fetchK: 20 }");
  checkOptions({ signal: options?.signal }, { signal: rules.signal });
}

/** @throws `INVALID_ARGUMENT` for what is no document, such as a text or a hole in the array */
export function checkDocuments(documents: unknown): void {
  checkArray("documents", documents);
  for (const [position, document] of (documents as unknown[]).entries()) {
    const { pageContent, metadata = null } = isRecord(document) ? document : {};
    const name = `Document ${position}`;
    if (typeof pageContent !== "string")
      throw invalidArgument(name, document, "a document with a text `pageContent`", hint(document));
    if (metadata === null || (isRecord(metadata) && !Array.isArray(metadata))) continue;
    throw invalidArgument(`metadata of document ${position}`, metadata, "an object");
  }
}

/** @throws `INVALID_ARGUMENT` unless the given lists have the same length */
export function checkLengths(lists: Record<string, readonly unknown[] | undefined>): void {
  const given = Object.entries(lists).flatMap(([name, list]) =>
    list ? [{ name, length: list.length }] : [],
  );
  const [first, ...others] = given;
  const other = others.find(({ length }) => length !== first!.length);
  if (!other) return;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `${first!.name} and ${other.name} must have the same length; ` +
      `${first!.length} and ${other.length} were given.`,
    { [first!.name]: first!.length, [other.name]: other.length },
  );
}

export const addRules = {
  ids: { expected: "an array of ids", accepts: Array.isArray },
  signal: rules.signal,
  onProgress: rules.callback,
} satisfies Readonly<Record<string, Rule>>;

/**
 * Checks the options of `addDocuments` and `addVectors`.
 *
 * @returns how the change is saved
 * @throws `INVALID_ARGUMENT`
 */
export function checkAddOptions(options: object): ChangeOptions {
  // Older stores of LangChain take the ids alone.
  if (Array.isArray(options))
    throw invalidArgument("options", options, "an object", "Pass the ids as { ids: […] }.");
  return createWith(storeChecker, addRules, options, checkChangeOptions);
}

/** @throws `INVALID_ARGUMENT` */
export function checkIds(ids: unknown): void {
  const isIds = Array.isArray(ids) && ids.every((id) => typeof id === "string");
  if (!isIds) throw invalidArgument("ids", ids, "an array of ids, which are strings");
}

/** @throws `INVALID_ARGUMENT` */
export function checkOtherStore(other: unknown): void {
  if (isRecord(other) && typeof other.client === "function") return;
  const isCore = isRecord(other) && typeof other.checkEmbedding === "function";
  const hint = isCore
    ? "For a store of @embeddinggemma/faiss, use (await store.client()).upsert(other)."
    : awaitHint(other);
  throw invalidArgument("other", other, "a FaissStore of @embeddinggemma/langchain", hint);
}

/**
 * Checks that a deletion has either ids or a filter. An object that all documents pass, such as
 * `{}`, is most likely a mistake: one whose values are all missing.
 *
 * @returns what to delete, and how the change is saved
 * @throws `INVALID_ARGUMENT`
 */
export function checkDeletion<T extends { ids?: unknown; filter?: unknown }>(
  which: T,
): Pick<T, "ids" | "filter"> & { change: ChangeOptions } {
  const isOptions = isRecord(which) && !Array.isArray(which);
  const change = isOptions
    ? createWith(storeChecker, deletionRules, which, checkChangeOptions)
    : {};
  const { ids, filter }: Partial<T> = isOptions ? which : {};
  if ((ids === undefined) === (filter === undefined)) {
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      "delete takes either `{ ids }` or `{ filter }`; " +
        `${ids === undefined ? "neither was" : "both were"} given.`,
      { given: which },
    );
  }
  return { ids, filter, change } as Pick<T, "ids" | "filter"> & { change: ChangeOptions };
}

const deletionRules: Readonly<Record<"ids" | "filter", Rule>> = {
  ids: {
    expected: "an array of ids, which are strings",
    accepts: (value) => Array.isArray(value) && value.every((id) => typeof id === "string"),
  },
  filter: {
    expected: "a filter that not all documents pass",
    accepts: (value) =>
      typeof value === "function" || documentPredicate(value as MetadataFilter) !== everything,
    hint: () => "To delete all documents, pass `{ filter: () => true }`.",
  },
};

/** @throws `INVALID_ARGUMENT` */
export function checkEmbeddings(embeddings: EmbeddingsInterface): void {
  if (
    typeof embeddings?.embedQuery === "function" &&
    typeof embeddings.embedDocuments === "function"
  )
    return;
  const expected = "LangChain embeddings, such as `new EmbeddingGemmaEmbeddings()`";
  throw invalidArgument("embeddings", embeddings, expected, awaitHint(embeddings));
}

/** @throws `INVALID_ARGUMENT` if there is none; `LazyFaissStore` checks what is given */
export function checkStore(store: unknown): void {
  if (store === undefined || store === null)
    throw invalidArgument("store", store, "a FaissStore of @embeddinggemma/faiss");
}

function hint(document: unknown): string | undefined {
  return typeof document === "string" ? "For texts, use `fromTexts`." : awaitHint(document);
}
