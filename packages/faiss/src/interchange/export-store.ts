import { randomBytes } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FaissStoreError, reasonOf, show } from "../errors.ts";
import { syncDirectory, writeDurably } from "../files/durable-file.ts";
import { flatHeader } from "../files/vector-file.ts";
import { copyRecord } from "../rows/json-record.ts";
import type { Table } from "../rows/table.ts";
import type { LangChainDocument } from "../types.ts";
import { dict, json, type Pickled, writePickle } from "./pickle-writer.ts";

/** Rows that are handed to the disk at once. */
const rowsPerPiece = 256;

/** Writes the full vectors, in insertion order, as a FAISS file of a flat inner-product index. */
export async function exportFaiss<R>(path: string, table: Table<R>): Promise<void> {
  await writeAtomically(path, vectorPieces(table));
}

/** Writes `<name>.faiss` and `<name>.pkl` as LangChain Python's `FAISS.save_local` does. */
export async function exportLangChainPython<R>(
  directory: string,
  indexName: string,
  table: Table<R>,
  documentOf: (record: R, id: string) => LangChainDocument,
): Promise<void> {
  const ids = [...table.rowOf.keys()];
  const documents = ids.map((id): [Pickled, Pickled] => [
    json(id),
    documentState(id, asDocument(copyRecord(documentOf(table.records[table.rowOf.get(id)!] as R, id), id), id)),
  ]);
  const docstore: Pickled = {
    kind: "instance",
    class: { module: "langchain_community.docstore.in_memory", name: "InMemoryDocstore" },
    state: dict({ _dict: dict(documents) }),
  };
  const mapping = dict(ids.map((id, row): [Pickled, Pickled] => [json(row), json(id)]));
  await writeAtomically(
    join(directory, `${indexName}.pkl`),
    writePickle({ kind: "tuple", items: [docstore, mapping] }),
  );
  await exportFaiss(join(directory, `${indexName}.faiss`), table);
}

/** The record itself, if it is a document. */
export function asDocument(record: unknown, id: string): LangChainDocument {
  const { pageContent, metadata = {} } = (record ?? {}) as Partial<LangChainDocument>;
  if (typeof pageContent === "string" && typeof metadata === "object" && metadata !== null)
    return { pageContent, metadata };
  throw new FaissStoreError(
    "INVALID_RECORD",
    `The record of ${show(id)} is no { pageContent, metadata }. Pass toDocument to make one of it.`,
    { id },
  );
}

/** The state of a `langchain_core.documents.base.Document`, a Pydantic 2 model. */
function documentState(id: string, { pageContent, metadata }: LangChainDocument): Pickled {
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

async function writeAtomically(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const directory = dirname(path);
  const temporary = `${path}.${randomBytes(4).toString("hex")}`;
  try {
    await mkdir(directory, { recursive: true });
    await writeDurably("", temporary, pieces);
    await rename(temporary, path);
    await syncDirectory(directory);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new FaissStoreError(
      "SAVE_FAILED",
      `${path} could not be written: ${reasonOf(error)}.`,
      { path },
      { cause: error },
    );
  }
}
