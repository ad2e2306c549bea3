import { randomBytes } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "@embeddinggemma/internal/node";
import { FaissStoreError, sentenceOf, show } from "../errors.ts";
import { syncDirectory, writeDurably } from "../files/durable-file.ts";
import { datePaths } from "../files/record-dates.ts";
import { flatHeader } from "../files/vector-file.ts";
import { writeAdvice } from "../files/write-advice.ts";
import type { LangChainDocument, LangChainExportOptions } from "../interchange-types.ts";
import { cloneRecord, copyRecord, hasDates, pathSteps } from "../rows/json-record.ts";
import type { Table } from "../rows/table.ts";
import { dict, fitsPython, json, type Pickled, writePickle } from "./pickle/pickle-writer.ts";

/** How many rows are written at once. */
const rowsPerPiece = 256;

/**
 * Writes the full vectors in insertion order to a FAISS file of a flat inner-product index.
 *
 * @param path - absolute path
 * @returns the ids in insertion order
 */
export async function exportFaiss<R>(path: string, table: Table<R>): Promise<string[]> {
  await writeTogether(dirname(path), new Map([[path, vectorPieces(table)]]));
  return [...table.rowOf.keys()];
}

/**
 * Writes `<name>.faiss` and `<name>.pkl` like LangChain's `FAISS.save_local` (Python).
 *
 * @param directory - absolute path
 */
export async function exportLangChainPython<R>(
  directory: string,
  table: Table<R>,
  { indexName = "index", toDocument = asDocument }: LangChainExportOptions<R>,
): Promise<void> {
  const ids = [...table.rowOf.keys()];
  const documents = ids.map((id): [Pickled, Pickled] => {
    // The callback gets a copy, so that it cannot change the store.
    const given = toDocument(cloneRecord(table.records[table.rowOf.get(id)!] as R), id);
    return [json(id), pickledDocument(id, checkedDocument(asDocument(given, id), id))];
  });
  const docstore: Pickled = {
    kind: "instance",
    class: { module: "langchain_community.docstore.in_memory", name: "InMemoryDocstore" },
    state: dict({ _dict: dict(documents) }),
  };
  const mapping = dict(ids.map((id, row): [Pickled, Pickled] => [json(row), json(id)]));
  const files = new Map([
    [
      join(directory, `${indexName}.pkl`),
      writePickle({ kind: "tuple", items: [docstore, mapping] }),
    ],
    [join(directory, `${indexName}.faiss`), vectorPieces(table)],
  ]);
  await writeTogether(directory, files);
}

/** @throws FaissStoreError `INVALID_RECORD` if Python has no value for one in the document */
function checkedDocument(document: LangChainDocument, id: string): LangChainDocument {
  const copy = copyRecord(document, () => ({
    name: `The document of item ${show(id)}`,
    use: "exported",
    root: "document",
    details: { id },
  }));
  if (hasDates(copy)) checkDates(copy, id);
  return copy;
}

function checkDates(document: LangChainDocument, id: string): void {
  for (const keys of datePaths(document)) {
    const date = keys.reduce((part: unknown, key) => (part as never)[key], document) as Date;
    if (fitsPython(date)) continue;
    const path = `document${pathSteps(keys)}`;
    throw new FaissStoreError(
      "INVALID_RECORD",
      `The document of item ${show(id)} cannot be exported: ${path} is ` +
        `${date.toISOString()}, but years in Python are 1 to 9999. Pass toDocument to convert it.`,
      { id, path },
    );
  }
}

/** Checks that a record is a document. */
function asDocument(record: unknown, id: string): LangChainDocument {
  const { pageContent, metadata = {} } = (record ?? {}) as Partial<LangChainDocument>;
  if (typeof pageContent === "string" && typeof metadata === "object" && metadata !== null)
    return { pageContent, metadata };
  throw new FaissStoreError(
    "INVALID_RECORD",
    `The record of ${show(id)} must be { pageContent, metadata }. Pass toDocument to convert it.`,
    { id },
  );
}

/** A pickled `langchain_core.documents.base.Document`, which is a Pydantic 2 model. */
function pickledDocument(id: string, { pageContent, metadata }: LangChainDocument): Pickled {
  return {
    kind: "instance",
    class: { module: "langchain_core.documents.base", name: "Document" },
    state: dict({
      __dict__: json({ id, metadata, page_content: pageContent, type: "Document" }),
      __pydantic_extra__: json(null),
      __pydantic_fields_set__: { kind: "set", items: ["id", "metadata", "page_content"] },
      __pydantic_private__: json(null),
    }),
  };
}

function* vectorPieces<R>(table: Table<R>): Iterable<Uint8Array> {
  const { dimension } = table.shape;
  yield flatHeader({ metric: "innerProduct", dimension, rows: table.size });
  const rows = [...table.rowOf.values()];
  for (let start = 0; start < rows.length; start += rowsPerPiece) {
    const part = rows.slice(start, start + rowsPerPiece);
    const piece = new Float32Array(part.length * dimension);
    for (const [position, row] of part.entries()) {
      table.vectors.read(row, piece.subarray(position * dimension, (position + 1) * dimension));
    }
    yield new Uint8Array(piece.buffer);
  }
}

/** Writes files to one folder under temporary names, and renames them when all are on disk. */
async function writeTogether(
  directory: string,
  files: ReadonlyMap<string, Iterable<Uint8Array>>,
): Promise<void> {
  const suffix = randomBytes(4).toString("hex");
  const temporary = (path: string) => `${path}.${suffix}`;
  let current = directory;
  try {
    await makeFolder(directory);
    for ([current] of files) await writeDurably("", temporary(current), files.get(current)!);
    for ([current] of files) await rename(temporary(current), current);
    await syncDirectory(directory);
  } catch (error) {
    for (const path of files.keys()) await rm(temporary(path), { force: true }).catch(() => {});
    throw new FaissStoreError(
      "SAVE_FAILED",
      `${current} could not be written: ${sentenceOf(error)} ${writeAdvice(error)}`,
      { path: current },
      { cause: error },
    );
  }
}
