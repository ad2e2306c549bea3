import { type FaissStore, FaissStoreError, type FaissStoreFilter } from "@embeddinggemma/faiss";
import { isObject } from "@embeddinggemma/internal";
import { FilterKeys } from "@embeddinggemma/internal/node";
import { checkDeletion } from "./check-arguments.ts";
import { type DocumentFilter, keysOf } from "./document-filter.ts";
import { type DocumentRecord, metadataOf, recordFilter } from "./document-record.ts";

/** Deletes documents from a store, if there is one. */
type Deletion = (store: FaissStore<DocumentRecord> | undefined) => Promise<void>;

/**
 * Checks what to delete; later changes of it have no effect. The deletion refuses a filter with a
 * key that no document has, unless the store is empty: a missing key counts as null, so with a
 * misspelt one, `$ne` would delete all documents, and a value none.
 *
 * @throws `INVALID_ARGUMENT`; the deletion, too
 */
export function deletionOf(which: {
  ids?: string[] | undefined;
  filter?: DocumentFilter | undefined;
}): Deletion {
  const { ids, filter } = checkDeletion(which);
  const matches = recordFilter(filter);
  const keys = isObject(filter) ? keysOf(filter) : [];
  if (!matches || keys.length === 0) {
    const idsOrFilter = matches ?? [...ids!];
    return async (store) => {
      await store?.delete(idsOrFilter);
    };
  }
  return async (store) => {
    const found = await findWithKeys(store, matches, keys);
    // A document may have been replaced meanwhile.
    await store?.delete((record, id) => found.has(id) && matches(record, id));
  };
}

/**
 * The ids of the documents that a filter matches.
 *
 * @throws `INVALID_ARGUMENT` if there are documents, but none has one of the keys
 */
async function findWithKeys(
  store: FaissStore<DocumentRecord> | undefined,
  matches: FaissStoreFilter<DocumentRecord>,
  keys: readonly string[],
): Promise<Set<string>> {
  const found = new Set<string>();
  const filterKeys = new FilterKeys(keys);
  const watched = filterKeys.watch(matches, metadataOf)!;
  // Deletes nothing, but waits for earlier changes, so that it sees what they have left.
  await store?.delete((record, id) => {
    if (watched(record, id)) found.add(id);
    return false;
  });
  const key = filterKeys.missing;
  if (key !== undefined) throw unknownKey(key, filterKeys.nearest(key));
  return found;
}

function unknownKey(key: string, nearest: string | undefined): Error {
  return new FaissStoreError(
    "INVALID_ARGUMENT",
    `No document has the metadata key \`${key}\`. ` +
      `${nearest === undefined ? "" : `Did you mean \`${nearest}\`? `}Nothing was deleted. ` +
      "To delete documents without a key, use a function of the document.",
    { key, nearest },
  );
}
