import { join } from "node:path";
import { manifestName } from "@embeddinggemma/internal";
import { folderKind } from "@embeddinggemma/internal/node";
import { FaissStoreError, show } from "../errors.ts";
import { Table } from "../rows/table.ts";
import type { VectorRows } from "../rows/vector-rows.ts";
import type { OpenOptions } from "../types.ts";
import { type OpenFile, readVerified } from "./durable-file.ts";
import { allowMismatchAdvice, checkEmbedding } from "./identity.ts";
import { damaged, lacksManifest, manifestMissing, readManifest } from "./manifest.ts";
import { type Manifest, type Segment, shapeOf, versionWithDates } from "./manifest-content.ts";
import { OpenFiles } from "./open-files.ts";
import { readRecordLines } from "./record-file.ts";
import { vectorFileHeader, vectorFileLayout } from "./vector-file.ts";

/** A writer can replace the files after the manifest was read and before they are opened. */
const maxAttempts = 20;

/** Saved vectors have length 1, up to rounding. */
const unitTolerance = 1e-3;

/** Reads a saved store, or throws if any file is not as it was saved. */
export async function readStore<R>(
  directory: string,
  options: OpenOptions,
): Promise<{ manifest: Manifest; table: Table<R> }> {
  for (let attempt = 1; ; attempt++) {
    const manifest = await readManifest(directory);
    if (!manifest)
      throw (await lacksManifest(directory))
        ? manifestMissing(directory)
        : await notAStore(directory);
    checkExpected(directory, manifest, options);
    const files = await OpenFiles.of(directory, manifest).catch(async (error: unknown) => {
      const wasReplaced =
        FaissStoreError.isInstance(error) &&
        error.code === "FILE_MISSING" &&
        (await readManifest(directory))?.generation !== manifest.generation;
      if (!wasReplaced || attempt === maxAttempts) throw error;
    });
    if (!files) continue;
    try {
      return { manifest, table: await readTable<R>(directory, manifest, files) };
    } finally {
      await files.close();
    }
  }
}

async function readTable<R>(
  directory: string,
  manifest: Manifest,
  files: OpenFiles,
): Promise<Table<R>> {
  const table = new Table<R>(shapeOf(manifest));
  for (const segment of manifest.segments) await readSegment(files, manifest, segment, table);
  const { deleted, index_file: indexFile } = manifest;
  if (deleted) await markDeletedRows(files.get(deleted), table);
  if (indexFile) for await (const _piece of readVerified(files.get(indexFile)));
  table.finishRestoring();
  checkItems(join(directory, manifestName), manifest, table);
  return table;
}

async function readSegment<R>(
  files: OpenFiles,
  manifest: Manifest,
  { rows, vectors, records }: Segment,
  table: Table<R>,
): Promise<void> {
  const { header, rowBytes } = vectorFileLayout(shapeOf(manifest));
  const vectorFile = files.get(vectors);
  const vectorPath = vectorFile.path;
  let isHeader = true;
  for await (const piece of readVerified(vectorFile, { header, multiple: rowBytes })) {
    if (isHeader && !piece.equals(vectorFileHeader(shapeOf(manifest), rows)))
      throw damaged(vectorPath, "its header is wrong");
    if (!isHeader) {
      const start = table.vectors.length;
      table.vectors.appendBytes(piece);
      checkUnitVectors(table.vectors, start, vectorPath);
    }
    isHeader = false;
  }
  const recordFile = files.get(records);
  await readRecordLines(readVerified(recordFile), table, {
    rows: table.rows + rows,
    path: recordFile.path,
    mayHaveDates: manifest.version >= versionWithDates,
  });
}

function checkUnitVectors(vectors: VectorRows, start: number, path: string): void {
  const vector = new Float32Array(vectors.dimension);
  for (let row = start; row < vectors.length; row++) {
    vectors.read(row, vector);
    const squares = vectors.dot(row, vector, vector.length);
    if (!(Math.abs(squares - 1) <= unitTolerance))
      throw damaged(path, "it has a vector whose length is not 1");
  }
}

/** The rows are in ascending order, so that none can be there twice. */
async function markDeletedRows<R>(deleted: OpenFile, table: Table<R>): Promise<void> {
  let previous = -1;
  for await (const piece of readVerified(deleted, { multiple: 4 })) {
    for (let offset = 0; offset < piece.length; offset += 4) {
      const row = piece.readUInt32LE(offset);
      if (row <= previous || !table.markDead(row))
        throw damaged(deleted.path, "it names a row twice, or one that is missing");
      previous = row;
    }
  }
}

function checkItems<R>(path: string, manifest: Manifest, table: Table<R>): void {
  const live = table.ids.reduce((count, id) => (id === undefined ? count : count + 1), 0);
  if (table.size !== live) throw damaged(path, "two of its items have the same id");
  if (table.size !== manifest.size)
    throw damaged(path, `it counts ${manifest.size} items, but the files have ${table.size}`);
  let previous = -1;
  for (const row of table.rowOf.values()) {
    const sequence = table.sequence[row]!;
    if (sequence <= previous) throw damaged(path, "two of its items have the same position");
    previous = sequence;
  }
}

function checkExpected(
  directory: string,
  manifest: Manifest,
  { identity, dimension, allowMismatch }: OpenOptions,
): void {
  if (dimension !== undefined && dimension !== manifest.dimension) {
    throw new FaissStoreError(
      "DIMENSION_MISMATCH",
      `The store in ${directory} has vectors of ${manifest.dimension} numbers, but ` +
        `${dimension} are expected. Use the embedding model and the truncation that made it.`,
      { expected: dimension, given: manifest.dimension },
    );
  }
  const store = { name: `the store in ${directory}`, advice: allowMismatchAdvice };
  if (!allowMismatch) checkEmbedding({ identity: manifest.identity }, { identity }, store);
}

async function notAStore(directory: string): Promise<FaissStoreError> {
  const found = await folderKind(directory);
  const { isMissing, finding, advice = "Pass the folder that store.save() wrote." } = found;
  const problem = isMissing
    ? `There is no folder ${show(directory)}.`
    : `${show(directory)} is not a saved store: it ${finding}.`;
  return new FaissStoreError("NOT_A_STORE", `${problem} ${advice}`, { directory });
}
