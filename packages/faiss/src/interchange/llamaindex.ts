import { join } from "node:path";
import { show } from "../errors.ts";
import type { JsonValue } from "../types.ts";
import { damagedFile, readFlatFile } from "./flat-file.ts";
import { type ForeignContent, matchRows, readJsonFile } from "./langchain.ts";

/**
 * LlamaIndex's FAISS stores (Python) write a FAISS file with this name, although it is not JSON.
 */
export const vectorStoreName = "default__vector_store.json";

/**
 * Reads a folder that LlamaIndex's `StorageContext.persist` (Python) wrote with a
 * `FaissVectorStore` or `FaissMapVectorStore`. Records are the JSON of the nodes.
 */
export async function readLlamaIndexPython(directory: string): Promise<ForeignContent> {
  const flat = await readFlatFile(join(directory, vectorStoreName));
  const nodesPath = join(directory, "docstore.json");
  const nodes = await readJsonFile<{ "docstore/data"?: Record<string, { __data__: JsonValue }> }>(
    nodesPath,
  );
  const stored = nodes["docstore/data"];
  if (typeof stored !== "object" || stored === null)
    throw damagedFile(nodesPath, 'it has no "docstore/data"');
  const records = new Map(
    Object.entries(stored).map(([id, node]) => [id, parsed(node.__data__, nodesPath)]),
  );
  return matchRows(flat, records, await readMapping(directory), nodesPath);
}

/**
 * Pairs of a row's label and its node's id, from `id_map.json`, or from the index if it is missing.
 */
async function readMapping(directory: string): Promise<[string, unknown][]> {
  const mapPath = join(directory, "id_map.json");
  const map = await readJsonFile<{ faiss_id_to_node_id_map?: object } | null>(mapPath).catch(
    (error) => {
      if (error.code === "FILE_MISSING") return undefined;
      throw error;
    },
  );
  if (map !== undefined) {
    if (!map?.faiss_id_to_node_id_map)
      throw damagedFile(mapPath, "it has no faiss_id_to_node_id_map");
    return Object.entries(map.faiss_id_to_node_id_map);
  }
  const path = join(directory, "index_store.json");
  const indexes = await readJsonFile<{
    "index_store/data"?: Record<string, { __data__: JsonValue }>;
  }>(path);
  const all = Object.values(indexes["index_store/data"] ?? {}).map(({ __data__ }) =>
    parsed(__data__, path),
  );
  const [index] = all as [{ nodes_dict?: object }?];
  if (all.length !== 1 || !index?.nodes_dict) {
    throw damagedFile(path, `it should have one index with a nodes_dict, but has ${show(all)}`);
  }
  return Object.entries(index.nodes_dict);
}

/** LlamaIndex stores some JSON as a string in JSON. */
function parsed(data: JsonValue, path: string): JsonValue {
  if (typeof data !== "string") return data;
  try {
    return JSON.parse(data) as JsonValue;
  } catch {
    throw damagedFile(path, "a node or an index is not JSON");
  }
}
