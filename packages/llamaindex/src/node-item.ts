import { FaissStoreError } from "@embeddinggemma/faiss";
import { awaitHint, show } from "@embeddinggemma/internal";
import { type BaseNode, ObjectType } from "@llamaindex/core/schema";
import { isVector, storeChecker } from "./check-options.ts";
import { type NodeRecord, recordOf } from "./node-record.ts";

const { invalidArgument } = storeChecker;

/** @throws FaissStoreError `INVALID_ARGUMENT` if what is to be added are no nodes with ids */
export function checkNodes(nodes: unknown): asserts nodes is BaseNode[] {
  if (!Array.isArray(nodes)) {
    throw invalidArgument("nodes", nodes, "an array of nodes", awaitHint(nodes));
  }
  for (const [position, node] of nodes.entries()) checkNode(node, position);
}

/** A node as an item of the FAISS store. */
export interface NodeItem {
  id: string;
  vector: number[];
  record: NodeRecord;
}

/**
 * A node as an item of the FAISS store.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT` if it has no embedding, or an unknown type
 */
export function itemOf(node: BaseNode, position: number): NodeItem {
  const { id_: id, embedding: vector, type } = node;
  if (!Object.values(ObjectType).includes(type))
    throw invalidArgument(
      `The type of node ${position} (${show(id)})`,
      type,
      "a type of LlamaIndex",
    );
  if (isVector(vector)) return { id, vector, record: recordOf(node) };
  if (vector)
    throw invalidArgument(`The embedding of node ${position} (${show(id)})`, vector, "a vector");
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `Node ${position} (${show(id)}) has no embedding. Embed nodes before you add them: ` +
      "`await embedModel(nodes)`.",
    { position, id },
  );
}

function checkNode(node: unknown, position: number): void {
  const { id_, toJSON } = (node ?? {}) as Partial<BaseNode>;
  if (typeof toJSON !== "function")
    throw invalidArgument(`nodes[${position}]`, node, "a node of LlamaIndex");
  if (typeof id_ !== "string" || id_ === "")
    throw invalidArgument(`nodes[${position}].id_`, id_, "a string that is not empty");
}
