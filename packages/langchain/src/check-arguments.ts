import { FaissStoreError } from "@embeddinggemma/faiss";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";

/** @throws `INVALID_ARGUMENT`, such as for a promise that was not awaited */
export function checkArray(name: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new FaissStoreError("INVALID_ARGUMENT", `${name} must be an array; ${given(value)}.`, {
    [name]: value,
  });
}

/** @throws `INVALID_ARGUMENT` unless all the lists that are there are as long as the first */
export function checkLengths(lists: Record<string, readonly unknown[] | undefined>): void {
  const present = Object.entries(lists).flatMap(([name, list]) =>
    list ? [{ name, length: list.length }] : [],
  );
  const [first, ...others] = present;
  for (const { name, length } of others) {
    if (length === first!.length) continue;
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `There must be as many ${name} as ${first!.name}; ${length} and ${first!.length} were given.`,
      { [first!.name]: first!.length, [name]: length },
    );
  }
}

/**
 * @throws `INVALID_ARGUMENT` unless there is one of the two; an array has a `filter` too, its
 * method
 */
export function checkDeletion<T extends { ids?: unknown; filter?: unknown }>(
  which: T,
): Pick<T, "ids" | "filter"> {
  const { ids, filter } = Array.isArray(which) ? {} : which;
  if ((ids === undefined) !== (filter === undefined)) return { ids, filter };
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    "delete takes either `{ ids }` or `{ filter }`; " +
      `${ids === undefined ? "neither was" : "both were"} given.`,
    { given: which },
  );
}

/** @throws `INVALID_ARGUMENT` */
export function checkEmbeddings(embeddings: EmbeddingsInterface): void {
  if (
    typeof embeddings?.embedQuery === "function" &&
    typeof embeddings.embedDocuments === "function"
  )
    return;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    "FaissStore needs embeddings, such as `new EmbeddingGemmaEmbeddings()`; " +
      `${given(embeddings)}.`,
    { embeddings },
  );
}

function given(value: unknown): string {
  if (value instanceof Promise) return "a promise was given, so an `await` is missing";
  if (typeof value === "object" && value !== null) return "an object was given";
  return `${typeof value === "string" ? JSON.stringify(value) : String(value)} was given`;
}
