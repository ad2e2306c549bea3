import { join } from "node:path";
import { FaissStoreError, reasonOf, show } from "../errors.ts";
import type { JsonValue } from "../types.ts";
import { damagedFile, type FlatFile, readFlatFile, readWhole } from "./flat-file.ts";
import { PickledInstance, readPickle } from "./pickle-reader.ts";
import { PickledJson } from "./pickled-json.ts";

/** What a folder or file of another library holds. */
export interface ForeignContent {
  flat: FlatFile;
  /** One a row; `undefined` for a row that nothing refers to. */
  ids: (string | undefined)[];
  /** One a row. */
  records: JsonValue[];
}

/** Where `Document` and `InMemoryDocstore` have lived. */
const documentClasses = [
  "langchain_core.documents.base.Document",
  "langchain.schema.document.Document",
  "langchain.schema.Document",
  "langchain.docstore.document.Document",
];
const docstoreClasses = [
  "langchain_community.docstore.in_memory.InMemoryDocstore",
  "langchain_classic.docstore.in_memory.InMemoryDocstore",
  "langchain.docstore.in_memory.InMemoryDocstore",
];

/**
 * A folder of LangChain.js's community `FaissStore`: `faiss.index`, and in `docstore.json`
 * documents and row numbers.
 */
export async function readLangChainJs(directory: string): Promise<ForeignContent> {
  const flat = await readFlatFile(join(directory, "faiss.index"));
  const path = join(directory, "docstore.json");
  const [documents, mapping] =
    await readJsonFile<[[string, JsonValue][], Record<string, string>]>(path);
  if (!Array.isArray(documents) || typeof mapping !== "object" || mapping === null) {
    throw damagedFile(path, "it is not [documents, mapping]");
  }
  return matchRows(flat, new Map(documents), new Map(Object.entries(mapping)), path);
}

/** A folder of LangChain Python's `FAISS.save_local`: `<name>.faiss` and `<name>.pkl`. */
export async function readLangChainPython(
  directory: string,
  indexName: string,
): Promise<ForeignContent> {
  const flat = await readFlatFile(join(directory, `${indexName}.faiss`));
  const path = join(directory, `${indexName}.pkl`);
  const bytes = await readWhole(path);
  const pickled = readPickle(bytes, new Set([...documentClasses, ...docstoreClasses]), path);
  const [docstore, mapping] = Array.isArray(pickled) ? pickled : [];
  const state = docstore instanceof PickledInstance ? docstore.state : undefined;
  const pickledDocuments = state instanceof Map ? state.get("_dict") : undefined;
  if (!(pickledDocuments instanceof Map) || !(mapping instanceof Map)) {
    throw damagedFile(path, "it is not (InMemoryDocstore, mapping)");
  }
  const documents = new Map<string, JsonValue>();
  const toJson = new PickledJson(bytes.length, path);
  for (const [id, document] of pickledDocuments)
    documents.set(String(id), documentOf(document, toJson, path));
  return matchRows(
    flat,
    documents,
    new Map([...mapping].map(([row, id]) => [String(row), String(id)])),
    path,
  );
}

export async function readJsonFile<T>(path: string): Promise<T> {
  try {
    return JSON.parse((await readWhole(path)).toString("utf8")) as T;
  } catch (error) {
    throw FaissStoreError.isInstance(error)
      ? error
      : damagedFile(path, `it is not JSON: ${reasonOf(error)}`);
  }
}

/** @param mapping - from a row's label to its id */
export function matchRows(
  flat: FlatFile,
  documents: ReadonlyMap<string, JsonValue>,
  mapping: ReadonlyMap<string, string>,
  path: string,
): ForeignContent {
  const labels = new Set(flat.labels.map(String));
  const lost = [...mapping.keys()].find((label) => !labels.has(label));
  if (lost !== undefined) {
    throw damagedFile(
      path,
      `it names vector ${show(lost)}, which the FAISS file beside it does not hold`,
    );
  }
  const ids = flat.labels.map((label) => mapping.get(String(label)));
  const records = ids.map((id): JsonValue => {
    if (id === undefined) return null;
    const document = documents.get(id);
    if (document === undefined)
      throw damagedFile(path, `it has no document ${show(id)}, to which a vector belongs`);
    return document;
  });
  return { flat, ids, records };
}

function documentOf(document: unknown, toJson: PickledJson, path: string): JsonValue {
  const state = document instanceof PickledInstance ? document.state : undefined;
  const fields = state instanceof Map ? state.get("__dict__") : undefined;
  const pageContent: unknown = fields instanceof Map ? fields.get("page_content") : undefined;
  if (typeof pageContent !== "string") throw damagedFile(path, "a document of it has no text");
  return {
    pageContent,
    metadata: toJson.convert((fields as Map<unknown, unknown>).get("metadata") ?? new Map()),
  };
}
