import { join } from "node:path";
import { FaissStoreError, reasonOf, show } from "../errors.ts";
import { damagedFile, readBytes } from "./flat-file.ts";
import { parsePythonJson, readPythonJson } from "./python-json.ts";
import { parsePythonRepr } from "./python-repr.ts";

/** The ids of the nodes with each label, in the order in which they were added. */
export type NodesOfLabel = ReadonlyMap<string, readonly string[]>;

export interface IndexChoice {
  /** The id of one of several vector indexes. */
  indexId?: string | undefined;
}

interface Index {
  id: string;
  /** Labels of FAISS, or ids of nodes, and the ids of nodes. */
  nodes: [label: string, id: string][];
}

/**
 * Finds the nodes of labels.
 *
 * @param ids - the node of each label, if the vector store knows it
 * @returns `isOther` tells whether a node belongs only to an index that was not chosen
 */
export async function readNodesOfLabels(
  directory: string,
  ids: readonly string[] | undefined,
  { indexId }: IndexChoice,
): Promise<{ nodes: NodesOfLabel; isOther: (id: string) => boolean }> {
  const path = join(directory, "index_store.json");
  const mapped = ids
    ? new Map(ids.map((id, row) => [String(row), [id]]))
    : await readMap(directory);
  const indexes = await readIndexes(path).catch((error: unknown) => {
    const isMissing = FaissStoreError.isInstance(error) && error.code === "FILE_MISSING";
    if (isMissing && mapped && indexId === undefined) return [];
    throw error;
  });
  const index = chosenIndex(indexes, indexId, path);
  if (!index && !mapped) throw damagedFile(path, "it has no index with a nodes_dict");
  const own = new Set(index?.nodes.map(([, id]) => id));
  const others = indexes.filter((one) => one !== index).flatMap(({ nodes }) => nodes);
  const otherIds = new Set(others.map(([, id]) => id));
  const all = [...others, ...(index?.nodes ?? [])];
  return {
    nodes: mapped ?? new Map(all.map(([label, id]) => [label, [id]])),
    isOther: (id) => otherIds.has(id) && !own.has(id),
  };
}

function chosenIndex(indexes: Index[], id: string | undefined, path: string): Index | undefined {
  if (id === undefined && indexes.length < 2) return indexes[0];
  const found = indexes.find((index) => index.id === id);
  if (found) return found;
  const ids = indexes.map((index) => show(index.id)).join(", ");
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    id === undefined
      ? `${path} has ${indexes.length} vector indexes. Pass the id of one as indexId: ${ids}.`
      : `indexId must be the id of a vector index in ${path}, ${ids || "but it has none"}; ` +
          `${show(id)} was given.`,
    { path, indexId: id, indexes: indexes.map((index) => index.id) },
  );
}

/** The vector indexes; others, such as a summary or keyword index, have no `nodes_dict`. */
async function readIndexes(path: string): Promise<Index[]> {
  const stored = (await readPythonJson(path)) as { "index_store/data"?: object } | null;
  if (typeof stored !== "object" || stored === null) throw damagedFile(path, "it has no indexes");
  const indexes = Object.entries(stored["index_store/data"] ?? {}).map(([key, entry]) => {
    const data = (entry as { __data__?: unknown } | null)?.__data__;
    const index = parsedIndex(data, path) as { index_id?: unknown; nodes_dict?: object } | null;
    const id = typeof index?.index_id === "string" ? index.index_id : key;
    return { id, nodes: index?.nodes_dict && nodesOf(index.nodes_dict, path) };
  });
  return indexes.filter((index): index is Index => (index.nodes?.length ?? 0) > 0);
}

function parsedIndex(data: unknown, path: string): unknown {
  if (typeof data !== "string") {
    if (typeof data === "object" && data !== null) return data;
    throw damagedFile(path, "an index in it has no data");
  }
  try {
    return parsePythonJson(data);
  } catch {
    throw damagedFile(path, "an index in it is not JSON");
  }
}

function nodesOf(dictionary: object, path: string): [label: string, id: string][] {
  return Object.entries(dictionary).map(([label, id]: [string, unknown]) => {
    if (typeof id === "string") return [label, id];
    throw damagedFile(path, `the node of vector ${show(label)} is ${show(id)}`);
  });
}

/** Reads `id_map.json` of a `FaissMapVectorStore`; undefined if there is none. */
async function readMap(directory: string): Promise<NodesOfLabel | undefined> {
  const path = join(directory, "id_map.json");
  const bytes = await readBytes(path).catch((error: unknown) => {
    if (FaissStoreError.isInstance(error) && error.code === "FILE_MISSING") return undefined;
    throw error;
  });
  if (!bytes) return undefined;
  const map = parsedMap(bytes.toString("utf8"), path);
  const last = map?.faiss_id_to_node_id_map;
  if (typeof last !== "object" || last === null)
    throw damagedFile(path, "it has no faiss_id_to_node_id_map");
  const lastOf = new Map(nodesOf(last, path));
  const nodes = new Map<string, string[]>();
  for (const [id, label] of Object.entries(map?.node_id_to_faiss_id_map ?? {})) {
    const ids = nodes.get(String(label)) ?? [];
    if (lastOf.get(String(label)) !== id) ids.push(id);
    nodes.set(String(label), ids);
  }
  for (const [label, id] of lastOf) nodes.set(label, [...(nodes.get(label) ?? []), id]);
  return nodes;
}

interface IdMap {
  faiss_id_to_node_id_map?: object;
  node_id_to_faiss_id_map?: object;
}

function parsedMap(text: string, path: string): IdMap | null {
  try {
    return (text.trimStart().startsWith("{'") ? parsePythonRepr : JSON.parse)(text) as IdMap | null;
  } catch (error) {
    throw damagedFile(path, `it is not JSON: ${reasonOf(error)}`);
  }
}
