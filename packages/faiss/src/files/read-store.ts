import { stat } from "node:fs/promises";
import { join } from "node:path";
import { FaissStoreError, reasonOf, show } from "../errors.ts";
import { settingsFor } from "../options.ts";
import { Table } from "../rows/table.ts";
import type { OpenOptions } from "../types.ts";
import { readVerified } from "./durable-file.ts";
import { checkIdentity } from "./identity.ts";
import { damaged, type Manifest, manifestName, readManifest, type StoredFile } from "./manifest.ts";
import { readRecordLines } from "./record-file.ts";
import { vectorFileHeader, vectorFileLayout } from "./vector-file.ts";

/** A writer may replace the files between our reading the manifest and our opening them. */
const mostAttempts = 5;

/** Reads a store, and nothing of it unless all of it is as it was saved. */
export async function readStore<R>(
  directory: string,
  options: OpenOptions,
): Promise<{ manifest: Manifest; table: Table<R> }> {
  for (let attempt = 1; ; attempt++) {
    const manifest = await readManifest(directory);
    if (!manifest) throw await notAStore(directory);
    checkIdentities(directory, manifest, options);
    try {
      return { manifest, table: await readTable<R>(directory, manifest) };
    } catch (error) {
      const wasReplaced =
        FaissStoreError.isInstance(error) &&
        error.code === "FILE_MISSING" &&
        (await readManifest(directory))?.generation !== manifest.generation;
      if (!wasReplaced || attempt === mostAttempts) throw error;
    }
  }
}

async function readTable<R>(directory: string, manifest: Manifest): Promise<Table<R>> {
  const { dimension, searchDimension, index } = manifest;
  settingsFor({ searchDimension, index }, dimension);
  const table = new Table<R>(manifest);
  const { header, rowBytes } = vectorFileLayout(manifest);
  for (const { rows, vectors, records } of manifest.segments) {
    let isHeader = true;
    if (vectors.bytes !== header + rows * rowBytes)
      throw damaged(join(directory, manifestName), "sizes in it disagree");
    for await (const piece of readVerified(directory, vectors, { header, multiple: rowBytes })) {
      if (!isHeader) table.vectors.appendBytes(piece);
      else if (!piece.equals(vectorFileHeader(manifest, rows)))
        throw damaged(join(directory, vectors.file), "its header is wrong");
      isHeader = false;
    }
    const path = join(directory, records.file);
    await readRecordLines(readVerified(directory, records), table, table.rows + rows, path);
  }
  if (manifest.deleted) await buryRows(directory, manifest.deleted, table);
  if (manifest.index_file) for await (const _piece of readVerified(directory, manifest.index_file));
  table.finishRestoring();
  if (table.size !== manifest.size) {
    throw damaged(
      join(directory, manifestName),
      `it counts ${manifest.size} items, but there are ${table.size}`,
    );
  }
  return table;
}

async function buryRows<R>(directory: string, deleted: StoredFile, table: Table<R>): Promise<void> {
  for await (const piece of readVerified(directory, deleted, { multiple: 4 })) {
    for (let offset = 0; offset < piece.length; offset += 4) {
      const isThere = offset + 4 <= piece.length && table.bury(piece.readUInt32LE(offset));
      if (!isThere)
        throw damaged(join(directory, deleted.file), "it names a row that is not there");
    }
  }
}

function checkIdentities(
  directory: string,
  manifest: Manifest,
  { identity, dimension, allowMismatch }: OpenOptions,
): void {
  if (dimension !== undefined && dimension !== manifest.dimension) {
    throw new FaissStoreError(
      "DIMENSION_MISMATCH",
      `The store in ${directory} holds vectors of ${manifest.dimension} numbers, but ${dimension} were expected. ` +
        "Use the embedding model and the truncation that the store was made with.",
      { expected: dimension, given: manifest.dimension },
    );
  }
  if (!allowMismatch) checkIdentity(directory, manifest.identity, identity);
}

async function notAStore(directory: string): Promise<FaissStoreError> {
  const what = await stat(directory).then(
    (stats) => (stats.isDirectory() ? `it has no ${manifestName}` : "it is not a folder"),
    (error) => reasonOf(error),
  );
  return new FaissStoreError(
    "NOT_A_STORE",
    `${show(directory)} is not the folder of a store: ${what}. Pass the folder that store.save() wrote.`,
    { directory },
  );
}
