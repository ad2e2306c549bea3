import { show } from "../../errors.ts";
import type { JsonValue } from "../../types.ts";
import { damagedFile } from "../flat-file.ts";
import { readPickle, unsafeFile } from "./pickle-reader.ts";
import { PickledJson } from "./pickled-json.ts";
import { PickledDict, PickledGlobal, PickledObject } from "./pickled-values.ts";

/** What `index.pkl` of LangChain for Python has. */
export interface Docstore {
  /** Ids and documents. Ids may repeat. */
  documents: [id: string, document: JsonValue][];
  /** The number of each vector, and the id of its document. */
  mapping: [label: string, id: string][];
}

/**
 * Reads `(InMemoryDocstore, mapping)`. Documents become `{ pageContent, metadata }`. Docstores and
 * documents of subclasses are read too; a document has the further fields of its class then.
 *
 * @param describes - whether objects of unknown Python classes become `PythonObject`s, not errors
 * @throws FaissStoreError `FILE_DAMAGED`, `UNSAFE_FILE`, `INVALID_RECORD`
 */
export function readDocstore(bytes: Buffer, path: string, describes: boolean): Docstore {
  const pickled = readPickle(bytes, path);
  if (isObject(pickled)) throw unsafeFile(path, `is an object of ${nameOf(pickled)}`);
  const [docstore, mapping] = Array.isArray(pickled) ? pickled : [];
  const stored = stateOf(docstore)?.get("_dict");
  if (isObject(docstore) && !(stored instanceof PickledDict))
    throw unsafeFile(path, `has an object of ${nameOf(docstore)} in place of a docstore`);
  if (!(stored instanceof PickledDict) || !(mapping instanceof PickledDict))
    throw damagedFile(path, "it is not (InMemoryDocstore, mapping)");

  const json = new PickledJson(bytes.length, path, describes);
  const textOf = (key: unknown, name: string) =>
    json.textOfKey(key, { name, root: "it", details: {} });
  const pairs = Array.from(mapping.toMap(), ([label, id], position): [string, string] => [
    textOf(label, `The number of vector ${position}`),
    textOf(id, `The id of vector ${position}`),
  ]);
  const labels = new Map(pairs.map(([label, id]) => [id, label]));
  const readDocument = documentReader(json, path);
  const documents = Array.from(stored.toMap(), ([key, document], row): [string, JsonValue] => {
    const id = textOf(key, `The id of document ${row}`);
    return [id, readDocument(document, id, Number(labels.get(id) ?? row))];
  });
  return { documents, mapping: pairs };
}

/** The fields that all documents have, and those of older releases. */
const ownFields = new Set(["id", "metadata", "page_content", "type", "lookup_str", "lookup_index"]);

function documentReader(
  json: PickledJson,
  path: string,
): (document: unknown, id: string, position: number) => JsonValue {
  // Many ids may refer to one document.
  const known = new Map<unknown, ReadonlyMap<unknown, unknown>>();
  return (document, id, position) => {
    const fields = known.get(document) ?? fieldsOf(document);
    known.set(document, fields);
    const name = `Document ${position} (${show(id)})`;
    const pageContent = fields.get("page_content");
    if (typeof pageContent !== "string") {
      if (isObject(document) && stateOf(document) === undefined)
        throw unsafeFile(path, `has an object of ${nameOf(document)} in place of ${name}`);
      throw damagedFile(path, `${name} has no page_content`);
    }
    const convert = (value: unknown, root: string) =>
      json.convert(value, { name, root, details: { position, id } });
    const record: { [field: string]: JsonValue } = {
      pageContent: convert(pageContent, "page_content"),
      metadata: convert(fields.get("metadata") ?? new PickledDict(), "metadata"),
    };
    for (const [field, value] of fields)
      if (typeof field === "string" && !ownFields.has(field) && !field.startsWith("_"))
        record[field] = convert(value, field);
    return record;
  };
}

/** The fields of a Pydantic model, or of another object. */
function fieldsOf(document: unknown): ReadonlyMap<unknown, unknown> {
  const state = stateOf(document);
  const attributes = state?.get("__dict__");
  if (!(attributes instanceof PickledDict)) return state ?? new Map();
  const further = state?.get("__pydantic_extra__");
  return further instanceof PickledDict
    ? new Map([...attributes.toMap(), ...further.toMap()])
    : attributes.toMap();
}

function stateOf(object: unknown): Map<unknown, unknown> | undefined {
  const state = object instanceof PickledObject ? object.state : undefined;
  return state instanceof PickledDict ? state.toMap() : undefined;
}

function isObject(value: unknown): value is PickledObject | PickledGlobal {
  return value instanceof PickledObject || value instanceof PickledGlobal;
}

function nameOf(value: PickledObject | PickledGlobal): string {
  return value instanceof PickledGlobal ? value.name : value.className;
}
