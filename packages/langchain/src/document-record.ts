import type { FaissStoreFilter, FaissStoreHit, JsonValue } from "@embeddinggemma/faiss";
import { Document } from "@langchain/core/documents";
import { type DocumentFilter, documentPredicate } from "./document-filter.ts";

/** A document as the FAISS store keeps it, under the document's id. */
export interface DocumentRecord {
  pageContent: string;
  metadata: Record<string, JsonValue>;
}

export function documentOf({
  id,
  record: { pageContent, metadata },
}: Pick<FaissStoreHit<DocumentRecord>, "id" | "record">): Document {
  return new Document({ id, pageContent, metadata });
}

/** The filter of the FAISS store for a filter of documents; undefined if there is none. */
export function recordFilter(
  filter: DocumentFilter | undefined,
): FaissStoreFilter<DocumentRecord> | undefined {
  if (filter === undefined) return undefined;
  const predicate = documentPredicate(filter);
  return (record, id) => predicate(documentOf({ id, record }));
}
