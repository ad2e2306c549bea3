import { type FaissStore, FaissStoreError, type FaissStoreFilter } from "@embeddinggemma/faiss";
import { isObject, nearestOption, valueAt } from "@embeddinggemma/internal";
import type { DocumentFilter, MetadataFilter } from "./document-filter.ts";
import { checkRecords, type DocumentRecord } from "./document-record.ts";

/**
 * Refuses a filter for a deletion if it matches documents, but has a key that none has. A missing
 * key counts as null, so with a misspelt one, `$ne` would delete all documents.
 *
 * @param filter - a checked one
 * @param matches - the filter as a function
 * @throws `INVALID_ARGUMENT`
 */
export function refuseUnknownKeys(
  filter: DocumentFilter,
  matches: FaissStoreFilter<DocumentRecord>,
  store: FaissStore<DocumentRecord> | undefined,
): void {
  if (typeof filter === "function" || !store?.size) return;
  checkRecords(store);
  const unknown = new Set(keysOf(filter));
  for (const { record } of store) {
    for (const key of unknown) if (valueAt(record.metadata, key) !== undefined) unknown.delete(key);
    if (unknown.size === 0) return;
  }
  const [key] = unknown;
  if (key === undefined || !hasMatch(store, matches)) return;
  const known = new Set<string>();
  for (const { record } of store) for (const path of pathsOf(record.metadata)) known.add(path);
  const nearest = nearestOption(key, [...known]);
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `No document has the metadata key \`${key}\`. ` +
      `${nearest === undefined ? "" : `Did you mean \`${nearest}\`? `}Nothing was deleted. ` +
      "To delete documents without a key, use a function of the document.",
    { key, nearest },
  );
}

function hasMatch(
  store: FaissStore<DocumentRecord>,
  matches: FaissStoreFilter<DocumentRecord>,
): boolean {
  for (const { id, record } of store) if (matches(record, id)) return true;
  return false;
}

function keysOf(filter: MetadataFilter): string[] {
  return Object.entries(filter).flatMap(([key, value]) =>
    key.startsWith("$") ? [value].flat().flatMap(keysOf) : [key],
  );
}

/** The keys of metadata. Those of nested metadata lead there: `author.name`. */
function pathsOf(metadata: object = {}): string[] {
  return Object.entries(metadata).flatMap(([key, value]) =>
    isObject(value) ? [key, ...pathsOf(value).map((path) => `${key}.${path}`)] : [key],
  );
}
