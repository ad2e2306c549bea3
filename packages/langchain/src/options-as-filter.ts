import { type FaissStore, FaissStoreError } from "@embeddinggemma/faiss";
import { isObject, rules, show } from "@embeddinggemma/internal";
import type { DocumentFilter } from "./document-filter.ts";
import type { DocumentRecord } from "./document-record.ts";

/** Options of searches, and what LangChain's retrievers call them, that could be metadata, too. */
const optionNames = ["minScore", "scoreThreshold"];

/**
 * Refuses a filter that has an `AbortSignal`: the options of a search come after its filter.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function refuseSignal(filter: DocumentFilter | undefined): void {
  if (isObject(filter) && rules.signal.accepts(filter.signal)) throw misplaced(filter);
}

/**
 * Refuses a filter that found nothing if it has the names of options, which no document has in its
 * metadata.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function refuseOptions(
  filter: DocumentFilter | undefined,
  store: FaissStore<DocumentRecord> | undefined,
): void {
  if (!isObject(filter) || !store?.size) return;
  const names = Object.keys(filter);
  if (names.length === 0 || !names.every((name) => optionNames.includes(name))) return;
  for (const { record } of store) {
    if (names.some((name) => Object.hasOwn(record.metadata ?? {}, name))) return;
  }
  throw misplaced(filter);
}

function misplaced(filter: Record<string, unknown>): Error {
  const options = Object.entries(filter).map(([name, value]) =>
    name === "signal" ? name : `${optionNames.includes(name) ? "minScore" : name}: ${show(value)}`,
  );
  return new FaissStoreError(
    "INVALID_ARGUMENT",
    `The filter has ${Object.keys(filter).join(" and ")}, but no document has such metadata. ` +
      "Options are the fourth argument, after the filter: " +
      `similaritySearch(query, k, undefined, { ${options.join(", ")} }). ` +
      "A retriever takes minScore in its searchKwargs.",
    { filter },
  );
}
