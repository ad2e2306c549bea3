import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { FaissStoreError, show } from "../errors.ts";
import { openToRead } from "../files/open-to-read.ts";
import { damagedFile, type FlatFile, readFlatFile } from "./flat-file.ts";
import { readPythonJson } from "./python-json.ts";

/** What LlamaIndex (Python) calls its files, also those of FAISS, which are not JSON. */
export const vectorStorePattern = /^(?:(.+)__)?vector_store\.json$/;

export interface VectorStore {
  flat: FlatFile;
  /** The node of each row; undefined for a FAISS file, which has only numbers. */
  ids: string[] | undefined;
}

/**
 * Reads the vector store in a folder of LlamaIndex (Python) that has vectors.
 *
 * @param namespace - which one, if there are several
 * @throws FaissStoreError `NOT_A_STORE`, `INVALID_ARGUMENT`, `FILE_DAMAGED`, `READ_FAILED`
 */
export async function readVectorStore(
  directory: string,
  namespace: string | undefined,
): Promise<VectorStore> {
  const found = new Map<string, VectorStore | string>();
  for (const file of (await readdir(directory).catch(() => [])).sort()) {
    const match = vectorStorePattern.exec(file);
    const name = match?.[1] ?? "default";
    if (!match || (namespace !== undefined && name !== namespace)) continue;
    const path = join(directory, file);
    const store = (await isFaissFile(path)) ? path : await readSimpleStore(path);
    if (store) found.set(name, store);
  }
  const [store] = found.values();
  if (!store) throw noVectors(directory, namespace);
  if (found.size > 1) throw severalStores(directory, [...found.keys()]);
  return typeof store === "string" ? { flat: await readFlatFile(store), ids: undefined } : store;
}

/** Anything that is no JSON is taken for one, so that its error names what it is. */
async function isFaissFile(path: string): Promise<boolean> {
  const file = await openToRead(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, 0);
    return bytesRead === 0 || buffer.toString("latin1") !== "{";
  } finally {
    await file.close();
  }
}

/** @returns undefined if it has no vectors, as LlamaIndex saves for images */
async function readSimpleStore(path: string): Promise<VectorStore | undefined> {
  const stored = (await readPythonJson(path)) as Record<string, unknown>;
  if ("embeddingDict" in stored) throw savedByTypeScript(path);
  const embeddings = Object.entries((stored.embedding_dict ?? {}) as Record<string, unknown>);
  if (embeddings.length === 0) return undefined;
  const first = embeddings[0]![1];
  const dimension = Array.isArray(first) ? first.length : 0;
  const vectors = new Float32Array(embeddings.length * dimension);
  for (const [row, [id, vector]] of embeddings.entries()) {
    if (dimension === 0 || !Array.isArray(vector) || vector.length !== dimension)
      throw damagedFile(path, `the vector of ${show(id)} does not have ${dimension} numbers`);
    // What is no number becomes NaN, also null for a NaN of Python.
    for (const [place, value] of vector.entries())
      vectors[row * dimension + place] = typeof value === "number" ? value : Number.NaN;
  }
  const labels = embeddings.map((_, row) => BigInt(row));
  const flat: FlatFile = { metric: "cosine", dimension, vectors, labels };
  return { flat, ids: embeddings.map(([id]) => id) };
}

function noVectors(directory: string, namespace: string | undefined): FaissStoreError {
  const file = `${namespace ?? "default"}__vector_store.json`;
  return new FaissStoreError(
    "NOT_A_STORE",
    `${directory} has no vectors of LlamaIndex (Python): ${file} is missing or empty. If they ` +
      "are in a database, embed the documents again.",
    { path: directory, namespace },
  );
}

function severalStores(directory: string, names: string[]): FaissStoreError {
  return new FaissStoreError(
    "INVALID_ARGUMENT",
    `${directory} has ${names.length} vector stores. Pass the name of one of them as ` +
      `sourceNamespace: ${names.map(show).join(", ")}.`,
    { path: directory, namespaces: names },
  );
}

function savedByTypeScript(path: string): FaissStoreError {
  return new FaissStoreError(
    "NOT_A_STORE",
    `${path} is a SimpleVectorStore of LlamaIndex.TS, which FaissStore.import does not read. Add ` +
      "its nodes, with the vectors of embeddingDict, to a FaissVectorStore of " +
      "@embeddinggemma/llamaindex, or embed the documents again.",
    { path },
  );
}
