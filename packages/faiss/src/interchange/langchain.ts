import { join } from "node:path";
import { isObject } from "@embeddinggemma/internal";
import { FaissStoreError, reasonOf, show } from "../errors.ts";
import type { JsonValue } from "../types.ts";
import { damagedFile, type FlatFile, readBytes, readFlatFile } from "./flat-file.ts";
import { readDocstore } from "./pickle/pickled-docstore.ts";

/** What another library has saved. */
export interface ForeignContent {
  flat: FlatFile;
  /** The id of each row; `undefined` for a row that nothing refers to. Ids may repeat. */
  ids: (string | undefined)[];
  /** The record of each row. */
  records: JsonValue[];
  /** What the process warns of, if rows were left out. */
  leftOut?: string | undefined;
}

/**
 * Reads a folder of LangChain.js's community `FaissStore`: `faiss.index`, and `docstore.json` with
 * the documents and which row belongs to which.
 */
export async function readLangChainJs(directory: string): Promise<ForeignContent> {
  const flat = await readFlatFile(join(directory, "faiss.index"));
  const path = join(directory, "docstore.json");
  const [documents, mapping] = await readJsonFile<[[string, JsonValue][], object]>(path);
  if (!Array.isArray(documents) || typeof mapping !== "object" || mapping === null) {
    throw damagedFile(path, "it is not [documents, mapping]");
  }
  const byId = documentsById(documents, path);
  const content = matchRows(flat, byId, Object.entries(mapping), path);
  const own = ownIds(byId);
  return { ...content, ids: content.ids.map((id) => own.get(id ?? "") ?? id) };
}

/**
 * The documents' own ids, by the random UUIDs that the store has filed the documents under. Its
 * hits have the own ids; the UUIDs are only what `addDocuments` returned. An id that is not unique
 * is left out.
 */
function ownIds(documents: ReadonlyMap<string, JsonValue>): Map<string, string> {
  const own = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const [key, document] of documents) {
    const id = isObject(document) ? document.id : undefined;
    if (typeof id === "string" && id !== "" && randomUuid.test(key)) own.set(key, id);
    const name = own.get(key) ?? key;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return new Map([...own].filter(([, id]) => counts.get(id) === 1));
}

const randomUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/**
 * Reads a folder of LangChain's `FAISS.save_local` (Python): `<name>.faiss` and `<name>.pkl`.
 *
 * @param describes - whether objects of unknown Python classes become `PythonObject`s, not errors
 */
export async function readLangChainPython(
  directory: string,
  indexName: string,
  describes: boolean,
): Promise<ForeignContent> {
  const flat = await readFlatFile(join(directory, `${indexName}.faiss`));
  const path = join(directory, `${indexName}.pkl`);
  const { documents, mapping } = readDocstore(await readBytes(path), path, describes);
  return matchRows(flat, documentsById(documents, path), mapping, path);
}

async function readJsonFile<T>(path: string): Promise<T> {
  try {
    return JSON.parse((await readBytes(path)).toString("utf8")) as T;
  } catch (error) {
    throw FaissStoreError.isInstance(error)
      ? error
      : damagedFile(path, `it is not JSON: ${reasonOf(error)}`);
  }
}

/** @throws FaissStoreError `FILE_DAMAGED` if two documents have the same id */
function documentsById(
  documents: Iterable<[string, JsonValue]>,
  path: string,
): Map<string, JsonValue> {
  const byId = new Map<string, JsonValue>();
  const counts = new Map<string, number>();
  for (const [id, document] of documents) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
    byId.set(id, document);
  }
  for (const [id, count] of counts)
    if (count > 1) throw damagedFile(path, `it has ${count} documents with the id ${show(id)}`);
  return byId;
}

/**
 * Finds the id and the record of each row.
 *
 * @param mapping - pairs of a row's label and its id
 */
function matchRows(
  flat: FlatFile,
  documents: ReadonlyMap<string, JsonValue>,
  mapping: [label: string, id: unknown][],
  path: string,
): ForeignContent {
  const labels = new Set(flat.labels.map(String));
  const idOf = new Map<string, string>();
  for (const [label, id] of mapping) {
    if (!labels.has(label)) {
      const how = `it names vector ${show(label)}, which is not in the FAISS file beside it`;
      throw damagedFile(path, how);
    }
    if (typeof id !== "string")
      throw damagedFile(path, `the id of vector ${show(label)} is ${show(id)}`);
    if (idOf.has(label)) throw damagedFile(path, `it names vector ${show(label)} twice`);
    idOf.set(label, id);
  }
  const ids = flat.labels.map((label) => idOf.get(String(label)));
  const records = ids.map((id): JsonValue => {
    if (id === undefined) return null;
    const document = documents.get(id);
    if (document === undefined)
      throw damagedFile(path, `a vector has the id ${show(id)}, but no document has it`);
    return document;
  });
  return { flat, ids, records };
}
