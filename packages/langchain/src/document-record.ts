import type { FaissStoreFilter, FaissStoreHit, RecordValue } from "@embeddinggemma/faiss";
import { clonePlain } from "@embeddinggemma/internal";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { checkAddOptions, checkDocuments, checkLengths } from "./check-arguments.ts";
import { type DocumentFilter, documentPredicate } from "./document-filter.ts";

/** A document as the FAISS store keeps it, under the document's id. */
export interface DocumentRecord {
  pageContent: string;
  metadata: Record<string, RecordValue>;
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
  options: { ids?: string[] },
): DocumentItem[] {
  checkDocuments(documents);
  checkAddOptions(options);
  const { ids } = options;
  checkLengths({ documents, ids });
  return documents.map(({ id, pageContent, metadata }, row) => ({
    id: ids?.[row] ?? id,
    record: { pageContent, metadata: metadata ?? {} },
  }));
}

export function documentOf({
  id,
  record: { pageContent, metadata },
}: Pick<FaissStoreHit<DocumentRecord>, "id" | "record">): Document {
  return new Document({ id, pageContent, metadata });
}

/**
 * The filter of the FAISS store for a filter of documents; undefined if there is none. A function
 * may change its document: it gets a copy.
 */
export function recordFilter(
  filter: DocumentFilter | undefined,
): FaissStoreFilter<DocumentRecord> | undefined {
  if (filter === undefined) return undefined;
  const predicate = documentPredicate(filter);
  const recordOf = typeof filter === "function" ? clonePlain<DocumentRecord> : same;
  return (record, id) => predicate(documentOf({ id, record: recordOf(record) }));
}

function same(record: DocumentRecord): DocumentRecord {
  return record;
}
