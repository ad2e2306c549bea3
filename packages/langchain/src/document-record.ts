import {
  type FaissStore,
  FaissStoreError,
  type FaissStoreFilter,
  type FaissStoreHit,
  type RecordValue,
} from "@embeddinggemma/faiss";
import { clonePlain, isObject, show } from "@embeddinggemma/internal";
import { everything } from "@embeddinggemma/internal/filters";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { checkDocuments, checkLengths } from "./check-arguments.ts";
import { type DocumentFilter, documentPredicate } from "./document-filter.ts";

/** A document as the FAISS store keeps it, under the document's id. */
export interface DocumentRecord {
  pageContent: string;
  metadata: Record<string, RecordValue>;
}

export function metadataOf({ metadata }: DocumentRecord): object {
  return metadata ?? {};
}

/** A document to store, without its vector. */
export interface DocumentItem {
  id: string | null | undefined;
  record: DocumentRecord;
}

/**
 * The items for documents. An entry of `ids` replaces the id of its document.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function itemsOf(
  documents: readonly DocumentInterface[],
  { ids }: { ids?: string[] | undefined },
): DocumentItem[] {
  checkDocuments(documents);
  checkLengths({ documents, ids });
  return documents.map(({ id, pageContent, metadata }, row) => ({
    id: ids?.[row] ?? id,
    record: { pageContent, metadata: metadata ?? {} },
  }));
}

/** @throws `INVALID_RECORD` for a record that is no document */
export function documentOf({
  id,
  record,
}: Pick<FaissStoreHit<DocumentRecord>, "id" | "record">): Document {
  checkRecord(record, id);
  const { pageContent, metadata } = record;
  return new Document({ id, pageContent, metadata });
}

/**
 * The filter of the FAISS store for a filter of documents; undefined if all documents pass. A
 * function may change its document: it gets a copy.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function recordFilter(
  filter: DocumentFilter | undefined,
): FaissStoreFilter<DocumentRecord> | undefined {
  if (filter === undefined || filter === null) return undefined;
  if (typeof filter === "function")
    return (record, id) => filter(documentOf({ id, record: clonePlain(record) }));
  const predicate = documentPredicate(filter);
  if (predicate === everything) return undefined;
  return (record, id) => {
    checkRecord(record, id);
    return predicate(metadataOf(record));
  };
}

/**
 * Refuses a store of other records, such as the nodes of LlamaIndex, before documents join them. A
 * store of other records has them all; a later one is checked when it is found.
 *
 * @throws `INVALID_RECORD`
 */
export function checkRecords(store: FaissStore<DocumentRecord>): void {
  for (const { id, record } of store) {
    checkRecord(record, id);
    break;
  }
}

/** A `store` of `@embeddinggemma/faiss` can have any records. */
function checkRecord(record: unknown, id: string): asserts record is DocumentRecord {
  const { pageContent, metadata = {} } = isObject(record) ? record : {};
  if (typeof pageContent === "string" && isObject(metadata)) return;
  if (isObject(record) && typeof record.refDocId === "string" && isObject(record.node))
    throw new FaissStoreError(
      "INVALID_RECORD",
      `The item ${show(id)} of the store is no document, but a node of LlamaIndex.TS. Open the ` +
        "store with @embeddinggemma/llamaindex: FaissVectorStore.fromPersistDir(folder), with " +
        "the folder that contains `faiss_vector_store`.",
      { id },
    );
  const given = isObject(record) ? `{ ${Object.keys(record).join(", ")} }` : show(record);
  throw new FaissStoreError(
    "INVALID_RECORD",
    `The item ${show(id)} of the store is no document. Its record must be { pageContent, ` +
      `metadata }, with a string and an object; ${given} was given. ` +
      "Build a store with such records, for example with upsert of @embeddinggemma/faiss.",
    { id },
  );
}
