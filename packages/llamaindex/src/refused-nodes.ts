import { FaissStoreError } from "@embeddinggemma/faiss";
import { show } from "@embeddinggemma/internal";
import type { BaseNode } from "@llamaindex/core/schema";
import { refDocIdOf } from "./node-record.ts";
import { docsPage } from "./stored-documents.ts";

const maxIdsInMessage = 5;

/**
 * Explains why nodes were not added: which node is to blame, and what a document store needs, since
 * an `IngestionPipeline` has marked all documents as done before it adds their nodes.
 */
export function explainRefused(error: unknown, nodes: readonly BaseNode[]): unknown {
  if (!FaissStoreError.isInstance(error)) return error;
  const position = positionOfFault(error, nodes);
  const refDocIds = [...new Set(nodes.map(refDocIdOf))];
  const advice =
    error.code === "STORE_CHANGED" ? listAdvice(nodes) : pipelineAdvice(nodes, refDocIds);
  const whole = nodes.length === 1 ? "The node was not added." : nothingAdded(nodes, position);
  return new FaissStoreError(
    error.code,
    `${whole} ${error.message}${advice}`,
    { ...error.details, ...detailsOf(nodes[position], position), refDocIds },
    { cause: error },
  );
}

/** Two programs have written the document store, and the last one has kept its own list only. */
function listAdvice(nodes: readonly BaseNode[]): string {
  if (!nodes.some(({ sourceNode }) => sourceNode)) return "";
  return (
    " Do not run it again at once: the list of documents in doc_store.json may lack those of the " +
    "other program, which LlamaIndex would then store twice. First restore the list: " +
    `${docsPage("troubleshooting")}#store_changed-from-fromdocuments.`
  );
}

/** Nodes that were added without a source document do not come from an `IngestionPipeline`. */
function pipelineAdvice(nodes: readonly BaseNode[], refDocIds: readonly string[]): string {
  if (!nodes.some(({ sourceNode }) => sourceNode)) return "";
  return (
    " If this was VectorStoreIndex.fromDocuments, you can simply run it again. If it was an " +
    "IngestionPipeline, its document store lists the documents already, and the next run skips " +
    "them. Delete them there first, with `docStore.deleteDocument(id, false)` " +
    `for each of \`error.details.refDocIds\`: ${listOf(refDocIds)}.`
  );
}

function nothingAdded(nodes: readonly BaseNode[], position: number): string {
  const node = nodes[position];
  const none = `none of the ${nodes.length} nodes was added.`;
  if (!node) return `N${none.slice(1)}`;
  const source = node.sourceNode ? `, of document ${show(node.sourceNode.nodeId)}` : "";
  return `Because of node ${position} (${show(node.id_)}${source}), ${none}`;
}

function detailsOf(node: BaseNode | undefined, position: number) {
  return node ? { position, id: node.id_, refDocId: refDocIdOf(node) } : {};
}

/** @returns -1 if no single node is to blame */
function positionOfFault({ code, details }: FaissStoreError, nodes: readonly BaseNode[]): number {
  switch (code) {
    case "INVALID_RECORD":
      return nodes.findIndex(({ id_ }) => id_ === details.id);
    case "DIMENSION_MISMATCH":
      return nodes.findIndex(({ embedding }) => embedding?.length !== details.expected);
    case "INVALID_VECTOR":
      return nodes.findIndex(({ embedding }) => !isUsable(embedding));
    default:
      return -1;
  }
}

function isUsable(embedding: readonly number[] = []): boolean {
  return embedding.every(Number.isFinite) && embedding.some((value) => value !== 0);
}

function listOf(ids: readonly string[]): string {
  const shown = ids.slice(0, maxIdsInMessage).map(show).join(", ");
  return ids.length > maxIdsInMessage ? `${shown}, …` : shown;
}
