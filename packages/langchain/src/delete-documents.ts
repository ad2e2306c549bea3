import {
  type ChangeOptions,
  type FaissStore,
  FaissStoreError,
  type FaissStoreFilter,
} from "@embeddinggemma/faiss";
import { isObject } from "@embeddinggemma/internal";
import {
  adviceOn,
  describeMismatch,
  FilterKeys,
  keysOfFilter,
  kindsIn,
  type MetadataFilter,
  type NegationFault,
  Negations,
  negationAdvice,
  type SoughtKinds,
  soughtByFilter,
  type TypeMismatch,
} from "@embeddinggemma/internal/filters";
import { checkDeletion } from "./check-arguments.ts";
import type { DocumentFilter } from "./document-filter.ts";
import { type DocumentRecord, metadataOf, recordFilter } from "./document-record.ts";
import { typeAdvice } from "./type-advice.ts";

/** Options of `FaissStore.delete`: either `ids` or `filter`, and how the change is saved. */
export interface FaissDeleteOptions extends ChangeOptions {
  /** The ids of the documents. Unknown ones are ignored. */
  ids?: string[] | undefined;
  /** The documents to delete; `{}` is refused. */
  filter?: DocumentFilter | undefined;
}

/** Deletes documents from a store, if there is one. */
type Deletion = (store: FaissStore<DocumentRecord> | undefined) => Promise<void>;

/**
 * Checks what to delete; later changes of it have no effect. The deletion refuses a filter with a
 * key that no document has, unless the store is empty: a missing key counts as null, so with a
 * misspelt one, `$ne` would delete all documents, and a value none. So it is with a value of a type
 * that no document has under the key: it refuses `{ $ne: "3" }` for numbers, and `{ $gt: "3" }`.
 *
 * @throws `INVALID_ARGUMENT`; the deletion, too
 */
export function deletionOf(which: FaissDeleteOptions): Deletion {
  const { ids, filter, change } = checkDeletion(which);
  const matches = recordFilter(filter);
  if (!matches || !isObject(filter)) {
    const idsOrFilter = matches ?? [...ids!];
    return async (store) => {
      await store?.delete(idsOrFilter, change);
    };
  }
  const watched = {
    matches,
    keys: keysOfFilter(filter),
    sought: soughtByFilter(filter),
    filter,
  };
  return async (store) => {
    const found = await findWatched(store, watched);
    // A document may have been replaced meanwhile.
    await store?.delete((record, id) => found.has(id) && matches(record, id), change);
  };
}

interface WatchedFilter {
  matches: FaissStoreFilter<DocumentRecord>;
  keys: readonly string[];
  sought: readonly SoughtKinds[];
  filter: MetadataFilter;
}

/**
 * The ids of the documents that a filter matches.
 *
 * @throws `INVALID_ARGUMENT` if there are documents, but none has one of the keys, or a value of a
 * type that decides whether the filter matches all or none
 */
async function findWatched(
  store: FaissStore<DocumentRecord> | undefined,
  { matches, keys, sought, filter }: WatchedFilter,
): Promise<Set<string>> {
  const found = new Set<string>();
  const filterKeys = new FilterKeys(keys, sought);
  const watched = filterKeys.watch(matches, metadataOf)!;
  const negations = new Negations(filter);
  // Deletes nothing, but waits for earlier changes, so that it sees what they have left.
  await store?.delete((record, id) => {
    const isMatch = watched(record, id);
    if (isMatch) found.add(id);
    negations.note(metadataOf(record), isMatch);
    return false;
  });
  const key = filterKeys.missing;
  if (key !== undefined) throw unknownKey(key, filterKeys.nearest(key));
  const { missing } = negations;
  const fault = negations.keys.map((key) => negations.faultOf(key)).find((one) => one?.hasLists);
  if (fault) throw negatedForAll(fault);
  if (found.size > 0 && missing)
    throw negatedForAll({ ...missing, hasLists: false, hasValues: false });
  const { mismatch } = filterKeys;
  if (mismatch) throw typeMismatch(mismatch);
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

function negatedForAll(fault: NegationFault): Error {
  const { key, hasLists } = fault;
  const reason = hasLists
    ? `Documents have lists under the metadata key \`${key}\`, and a negation is true for these.`
    : `No document has ${kindsIn(fault)} under the metadata key \`${key}\`, so a ` +
      "negation with one is true for all.";
  return new FaissStoreError(
    "INVALID_ARGUMENT",
    `${reason} Nothing was deleted. ${negationAdvice(fault)}`,
    { key },
  );
}

function typeMismatch(mismatch: TypeMismatch): Error {
  const advice = adviceOn(mismatch, typeAdvice);
  return new FaissStoreError(
    "INVALID_ARGUMENT",
    `The filter ${describeMismatch(mismatch, "document")} Nothing was deleted.${advice}`,
    { key: mismatch.key },
  );
}
