import { flatHeaderBytes } from "../files/vector-file.ts";
import { type FlatFile, type IndexHeader, readHeader } from "./faiss-header.ts";
import { copyInPython, kindsWithFlatEnd, notImportable, unreadableKind } from "./faiss-kinds.ts";
import type { FileCursor } from "./file-cursor.ts";
import { damagedFile, wrongLength } from "./file-cursor.ts";
import { readInvertedLists } from "./inverted-lists.ts";

/** Real files have an `IndexIDMap` around an `IndexPreTransform` around an index. */
const maxDepth = 8;

/**
 * Reads an index of FAISS from the position of a cursor. The graph of an HNSW or NSG index and the
 * first index of an `IndexRefine` are skipped: all their vectors are in the flat index behind them.
 *
 * @param end - where the index ends
 * @see https://github.com/facebookresearch/faiss/blob/main/faiss/impl/index_read.cpp
 */
export async function readIndex(file: FileCursor, end: number, depth = 0): Promise<FlatFile> {
  if (depth > maxDepth) throw damagedFile(file.path, "its indexes are nested too deeply");
  const fourcc = await file.peekText(4);
  switch (fourcc) {
    case "IxFI":
    case "IxF2":
    case "IxFl":
      return readFlat(file, end);
    case "IxMp":
    case "IxM2":
      return readIdMap(file, end, depth);
    case "IxPT":
      return readTransformed(file, end, depth);
    case "IwFl":
      return readInvertedLists(file, await readHeader(file), end);
  }
  if (kindsWithFlatEnd[fourcc] === undefined) throw unreadableKind(file.path, fourcc);
  return readFlatEnd(file, await readHeader(file), end);
}

async function readFlat(file: FileCursor, end: number): Promise<FlatFile> {
  const { dimension, rows, metric } = await readHeader(file);
  const numbers = await file.count();
  if (numbers !== rows * dimension) {
    throw damagedFile(
      file.path,
      `its header says ${rows} vectors of ${dimension} numbers, but ${numbers} numbers in total`,
    );
  }
  if (file.position + numbers * 4 !== end)
    throw wrongLength(file.path, end, file.position + numbers * 4);
  const vectors = await file.floats(numbers);
  return { metric, dimension, vectors, labels: numbered(rows) };
}

async function readIdMap(file: FileCursor, end: number, depth: number): Promise<FlatFile> {
  const { rows } = await readHeader(file);
  const innerEnd = end - 8 * (1 + rows);
  if (innerEnd < file.position) throw wrongLength(file.path, end, end + file.position - innerEnd);
  const inner = await readIndex(file, innerEnd, depth + 1);
  file.position = innerEnd;
  if ((await file.count()) !== rows || inner.labels.length !== rows)
    throw damagedFile(file.path, "its id map does not have one id for each vector");
  const ids = await file.bigints(rows);
  const labels = inner.labels.map((label) => ids[Number(label)]);
  if (!labels.every((label) => label !== undefined))
    throw damagedFile(file.path, "its id map has no id for a vector");
  return { ...inner, labels };
}

/** Reads an index of normalized vectors, as of the factory string `L2norm,Flat`. */
async function readTransformed(file: FileCursor, end: number, depth: number): Promise<FlatFile> {
  await readHeader(file);
  const count = (await file.bytes(4)).readInt32LE();
  for (let position = 0; position < count; position++) {
    const fourcc = await file.text(4);
    const norm = (await file.bytes(4)).readFloatLE();
    if (fourcc !== "VNrm" || norm !== 2) {
      const what = transforms[fourcc] ?? "which transforms vectors";
      throw notImportable(
        file.path,
        "IxPT",
        `an IndexPreTransform of FAISS, ${what}: the original ones are not in the file. Embed ` +
          "the texts again. If you still have the original vectors, write them to an IndexFlatIP " +
          "in Python.",
      );
    }
    file.skip(9); // two dimensions, and whether it is trained
  }
  return readIndex(file, end, depth + 1);
}

const transforms: Readonly<Record<string, string>> = {
  rrot: "which rotates vectors (RandomRotationMatrix)",
  Pcam: "which reduces vectors (PCAMatrix)",
  PcAm: "which reduces vectors (PCAMatrix)",
  PCAm: "which reduces vectors (PCAMatrix)",
  LTra: "which multiplies vectors by a matrix (OPQMatrix or LinearTransform)",
  RmDT: "which rearranges the numbers of vectors (RemapDimensionsTransform)",
  VCnt: "which centres vectors (CenteringTransform)",
  Viqt: "which rotates vectors (ITQTransform)",
  HRot: "which rotates vectors (HadamardRotation)",
};

/** Reads the flat index at the end of an index of another kind. */
async function readFlatEnd(
  file: FileCursor,
  { fourcc, dimension, rows }: IndexHeader,
  end: number,
): Promise<FlatFile> {
  const flatEnd = fourcc === "IxRF" ? end - 4 : end; // behind it, k_factor
  const start = flatEnd - rows * dimension * 4 - flatHeaderBytes;
  if (start < file.position) throw wrongLength(file.path, end, end + file.position - start);
  file.position = start;
  const found = await file.peekText(4);
  if (found === "IxFI" || found === "IxF2") {
    const flat = await readFlat(file, flatEnd);
    if (flat.dimension === dimension && flat.labels.length === rows) return flat;
  }
  throw notImportable(
    file.path,
    fourcc,
    `an ${kindsWithFlatEnd[fourcc]} of FAISS that does not end with a flat index of its ${rows} ` +
      `vectors of ${dimension} numbers: they are compressed, or the file is damaged. Embed the ` +
      `texts again. If the vectors are not compressed: ${copyInPython}`,
  );
}

function numbered(rows: number): bigint[] {
  return Array.from({ length: rows }, (_, row) => BigInt(row));
}
