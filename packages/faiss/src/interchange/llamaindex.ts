import { join } from "node:path";
import { FaissStoreError, show } from "../errors.ts";
import type { JsonValue } from "../types.ts";
import { damagedFile } from "./flat-file.ts";
import type { ForeignContent } from "./langchain.ts";
import { type IndexChoice, type NodesOfLabel, readNodesOfLabels } from "./llamaindex-ids.ts";
import { readVectorStore } from "./llamaindex-vectors.ts";
import { parsePythonJson, readPythonJson } from "./python-json.ts";

/**
 * Reads a folder that LlamaIndex's `StorageContext.persist` (Python) wrote with a
 * `FaissVectorStore`, a `FaissMapVectorStore` or a `SimpleVectorStore`. Records are the JSON of the
 * nodes. Vectors whose node has been deleted are left out.
 */
export async function readLlamaIndexPython(
  directory: string,
  choice: IndexChoice & { sourceNamespace?: string | undefined },
): Promise<ForeignContent> {
  const { flat, ids } = await readVectorStore(directory, choice.sourceNamespace);
  const documents = await readNodes(join(directory, "docstore.json"));
  const { nodes, isOther } = await readNodesOfLabels(directory, ids, choice);
  const named = nodesOfRows(flat.labels, nodes);
  const isChosen = (id: string | undefined) => id === undefined || !isOther(id);
  const found = named.map((id) => (isChosen(id) && documents.has(id ?? "") ? id : undefined));
  if (flat.labels.length > 0 && found.every((id) => id === undefined))
    throw damagedFile(join(directory, "docstore.json"), "no vector has a node in it");
  const leftOut = named.filter((id, row) => found[row] === undefined && isChosen(id)).length;
  return {
    flat,
    ids: found,
    records: found.map((id) => (id === undefined ? null : documents.get(id)!)),
    leftOut:
      leftOut === 0
        ? undefined
        : `${leftOut} of ${flat.labels.length} vectors in ${directory} were left out, since ` +
          "docstore.json has no node for them. LlamaIndex (Python) keeps the vectors of deleted " +
          "documents.",
  };
}

/**
 * The node of each row. `FaissMapVectorStore` gives a label again after a deletion, so several rows
 * can have one label: the last of them belong to the last nodes with it.
 */
function nodesOfRows(labels: readonly bigint[], nodes: NodesOfLabel): (string | undefined)[] {
  const left = new Map<string, string[]>();
  const result = new Array<string | undefined>(labels.length);
  for (let row = labels.length - 1; row >= 0; row--) {
    const label = String(labels[row]);
    const ids = left.get(label) ?? [...(nodes.get(label) ?? [])];
    result[row] = ids.pop();
    left.set(label, ids);
  }
  return result;
}

async function readNodes(path: string): Promise<Map<string, JsonValue>> {
  const stored = (await readPythonJson(path)) as { "docstore/data"?: object } | null;
  const data = stored?.["docstore/data"];
  if (typeof data !== "object" || data === null)
    throw damagedFile(path, 'it has no "docstore/data"');
  return new Map(
    Object.entries(data).map(([id, node]) => [id, contentOf(node, `the node ${show(id)}`, path)]),
  );
}

/** LlamaIndex stores some JSON as a string in JSON. */
function contentOf(entry: unknown, what: string, path: string): JsonValue {
  const data = (entry as { __data__?: JsonValue } | null)?.__data__;
  if (typeof data === "object" && data !== null) return data;
  try {
    const parsed = parsePythonJson(String(data));
    if (typeof parsed === "object" && parsed !== null) return parsed as JsonValue;
  } catch (error) {
    if (FaissStoreError.isInstance(error)) throw error;
  }
  throw damagedFile(path, `${what} is not JSON`);
}
