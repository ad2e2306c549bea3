import { FaissStoreError, type FaissStoreFilter, type RecordValue } from "@embeddinggemma/faiss";
import { isRecord, show, valueAt } from "@embeddinggemma/internal";
import { FilterKeys } from "@embeddinggemma/internal/filters";
import { type BaseNode, jsonToNode } from "@llamaindex/core/schema";
import type { VectorStoreQuery } from "@llamaindex/core/vector-store";
import { storeChecker } from "./check-options.ts";
import { keysOf, metadataPredicate, soughtKinds } from "./metadata-filters.ts";
import { nodeFromPython } from "./python-node.ts";

/** A node as the FAISS store keeps it, under the node's id. */
export interface NodeRecord {
  /** Id of the source document, or of the node itself if it has no source. */
  refDocId: string;
  /** LlamaIndex's JSON of the node, without its embedding. */
  node: { metadata: Record<string, RecordValue>; [field: string]: RecordValue };
}

/**
 * Keeps all fields of a node except its embedding. LlamaIndex's `nodeToMetadata` loses metadata
 * under the keys `doc_id`, `document_id` and `ref_doc_id`, and turns a `Document` into a
 * `TextNode`.
 */
export function recordOf(node: BaseNode): NodeRecord {
  const { embedding, hash, image, ...json } = node.toJSON();
  const stored: object = image instanceof URL ? { [imageUrlKey]: image.href } : { image };
  return { refDocId: refDocIdOf(node), node: { ...json, ...stored } as NodeRecord["node"] };
}

/** Where the JSON of a node has its `image` if that is a `URL`. */
const imageUrlKey = "imageUrl";

/** Id of a node's source document, or of the node itself if it has no source. */
export function refDocIdOf(node: BaseNode): string {
  return node.sourceNode?.nodeId ?? node.id_;
}

export function nodeOf({ node }: NodeRecord): BaseNode {
  const { [imageUrlKey]: url, ...json } = node;
  return jsonToNode(url === undefined ? json : { ...json, image: new URL(String(url)) });
}

/**
 * A record as this package stores it. It may have been imported from LlamaIndex (Python).
 *
 * @throws FaissStoreError `INVALID_RECORD` if the record is no node
 */
export function checkedRecord(record: unknown, id: string): NodeRecord {
  if (isNodeRecord(record)) return record;
  const json = nodeFromPython(record);
  if (json) return recordOf(jsonToNode(json));
  const given = isRecord(record) ? `{ ${Object.keys(record).join(", ")} }` : show(record);
  throw new FaissStoreError(
    "INVALID_RECORD",
    `The record of item ${show(id)} in the store is no node: ${given}. FaissVectorStore reads ` +
      "what it has stored itself, and nodes that FaissStore.import reads from LlamaIndex " +
      "(Python). Add the texts as nodes to a new store.",
    { id },
  );
}

function isNodeRecord(record: unknown): record is NodeRecord {
  return isRecord(record) && typeof record.refDocId === "string" && isRecord(record.node);
}

/** The filter of a query; undefined if it has none. */
export function nodeFilter({
  filters,
  docIds,
}: Pick<VectorStoreQuery, "filters" | "docIds">): FaissStoreFilter<NodeRecord> | undefined {
  if (!filters && !docIds) return undefined;
  if (docIds && !Array.isArray(docIds))
    throw storeChecker.invalidArgument("docIds", docIds, "an array of ids");
  const passes = filters ? metadataPredicate(filters) : () => true;
  const wanted = docIds && new Set(docIds);
  return (stored, id) => {
    const record = checkedRecord(stored, id);
    return (
      (!wanted || wanted.has(record.refDocId) || wanted.has(id)) &&
      passes((key) => metadataValue(record, key))
    );
  };
}

/**
 * The metadata keys that the checked filters of a query look up, to see which of them exist, and
 * with which types.
 */
export function filterKeys({ filters = { filters: [] } }: Pick<VectorStoreQuery, "filters">) {
  return new FilterKeys(
    keysOf(filters).filter((key) => !documentKeys.has(key)),
    soughtKinds(filters).filter(({ key }) => !documentKeys.has(key)),
  );
}

export function metadataOf(record: NodeRecord, id: string): object {
  return checkedRecord(record, id).node.metadata;
}

/** LlamaIndex's own stores use these keys for the id of the source document. */
const documentKeys = new Set(["document_id", "doc_id", "ref_doc_id"]);

/** The metadata come first, nested ones under a key with dots, then the {@link documentKeys}. */
function metadataValue({ refDocId, node: { metadata } }: NodeRecord, key: string): unknown {
  if (documentKeys.has(key) && !(metadata && Object.hasOwn(metadata, key))) return refDocId;
  return valueAt(metadata, key);
}
