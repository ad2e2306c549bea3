import type { FaissStoreFilter } from "@embeddinggemma/faiss";
import { isObject } from "@embeddinggemma/internal";
import { FilterKeys, keysOfFilter, soughtByFilter } from "@embeddinggemma/internal/node";
import type { DocumentFilter } from "./document-filter.ts";
import { type DocumentRecord, metadataOf } from "./document-record.ts";
import { typeAdvice } from "./type-advice.ts";

type RecordFilter = FaissStoreFilter<DocumentRecord> | undefined;

/**
 * Searches. The process warns, once for each key, of a filter that matches nothing and has a key
 * that no document has, or with a value of this type.
 *
 * @param warned - what was warned of; a new warning is added
 * @param matches - the filter as a function
 * @param search - searches with that function, or another one in its place
 * @param refuse - is called before a warning; throws if such keys are no metadata
 */
export async function searchKnownKeys<T>(
  warned: Set<string>,
  filter: DocumentFilter | undefined,
  matches: RecordFilter,
  search: (matches: RecordFilter) => Promise<T>,
  refuse?: (missing: readonly string[]) => void,
): Promise<T> {
  const checked = isObject(filter) ? filter : {};
  const keys = new FilterKeys(keysOfFilter(checked), soughtByFilter(checked));
  const found = await search(keys.watch(matches, metadataOf));
  refuse?.(keys.missingAndUnmatched);
  keys.warn(warned, "document", typeAdvice);
  return found;
}
