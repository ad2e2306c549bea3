import type { FaissStoreFilter, JsonValue } from "@embeddinggemma/faiss";
import { type BaseNode, jsonToNode } from "@llamaindex/core/schema";
import type { VectorStoreQuery } from "@llamaindex/core/vector-store";
import { metadataPredicate } from "./metadata-filters.ts";

/** A node as the index keeps it under its id. */
export interface NodeRecord {
  /** Id of the document that the node is from; its own, if it is from none. */
  refDocId: string;
  /** LlamaIndex's JSON of the node, without its embedding. */
  node: { metadata: Record<string, JsonValue>; [field: string]: JsonValue };
}

/**
 * Keeps the whole node, where LlamaIndex's `nodeToMetadata` loses metadata under the keys `doc_id`,
 * `document_id` and `ref_doc_id`, and makes a `TextNode` of a `Document`.
 */
export function recordOf(node: BaseNode): NodeRecord {
  const { embedding, hash, ...json } = node.toJSON();
  return { refDocId: node.sourceNode?.nodeId ?? node.id_, node: json as NodeRecord["node"] };
}

export function nodeOf({ node }: NodeRecord): BaseNode {
  return jsonToNode(node);
}

/** Chooses the nodes that a query is about; undefined for all. */
export function nodeFilter({
  filters,
  docIds,
}: Pick<VectorStoreQuery, "filters" | "docIds">): FaissStoreFilter<NodeRecord> | undefined {
  if (!filters && !docIds) return undefined;
  const passes = filters ? metadataPredicate(filters) : () => true;
  const wanted = docIds && new Set(docIds);
  return (record, id) =>
    (!wanted || wanted.has(record.refDocId) || wanted.has(id)) &&
    passes((key) => metadataValue(record, key));
}

/** The keys by which LlamaIndex's own stores filter for the source document. */
const documentKeys = new Set(["document_id", "doc_id", "ref_doc_id"]);

/** A key of the metadata, which may hide one of the {@link documentKeys}. */
function metadataValue({ refDocId, node: { metadata } }: NodeRecord, key: string): unknown {
  if (metadata && Object.hasOwn(metadata, key)) return metadata[key];
  return documentKeys.has(key) ? refDocId : undefined;
}
