// Reads and changes single numbers in FAISS index files. `write_index` in
// `faiss/impl/index_write.cpp` has their layout. All integers are little-endian.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/**
 * @typedef {import("./protocol.ts").IndexSpecification} IndexSpecification
 * @typedef {Pick<IndexSpecification, "nprobe" | "efSearch">} SearchParameters
 */

/** The four characters that name the kind of index, and the header that all kinds have. */
const headerBytes = 4 + 33;

/** An inverted file has the number of cells before `nprobe` (`write_ivf_header`). */
const nprobeOffset = headerBytes + 8;

/** The arrays of a graph, by the bytes of an element (`write_HNSW`). */
const graphArrays = [8, 4, 4, 8, 4];

/**
 * The first arrays in the file of each kind of index: the offset of the first one, and the bytes of
 * an element of each. Each array follows its length, a uint64.
 *
 * @type {[kind: string, offset: number, elementBytes: number[]][]}
 */
const firstArrays = [
  ["Flat", headerBytes, [4]],
  ["HNSW", headerBytes, graphArrays],
  // After the number of cells and `nprobe` comes a flat index of the cells' centroids.
  ["IVF", headerBytes + 16 + headerBytes, [4]],
  ["SQ", headerBytes + 28, [4, 1]],
  ["PQ", headerBytes + 24, [4, 1]],
];

/**
 * Checks that the file is long enough for its first arrays, since FAISS allocates as much memory as
 * a length in the file asks for before it reads on. The arrays after them are not checked.
 *
 * @param {string} path
 * @param {string} factory
 */
export function checkLengths(path, factory) {
  inspectFile(path, (readInteger, fileBytes) => {
    const [, offset, elements] = firstArrays.find(([kind]) => factory.startsWith(kind)) ?? [];
    if (offset !== undefined && arraysEnd(readInteger, offset, elements) > fileBytes)
      throw new Error("the index file is shorter than the lengths in it");
  });
}

/**
 * Whether a file has these search parameters.
 *
 * @param {string} path
 * @param {SearchParameters} parameters
 */
export function hasSearchParameters(path, { nprobe, efSearch }) {
  return inspectFile(path, (readInteger) => {
    if (nprobe !== undefined && readInteger(nprobeOffset) !== BigInt(nprobe)) return false;
    if (efSearch === undefined) return true;
    return BigInt.asIntN(32, readInteger(efSearchOffset(readInteger))) === BigInt(efSearch);
  });
}

/**
 * Writes search parameters into the content of a file.
 *
 * @param {Buffer} file
 * @param {SearchParameters} parameters
 */
export function setSearchParameters(file, { nprobe, efSearch }) {
  if (nprobe !== undefined) file.writeBigUInt64LE(BigInt(nprobe), nprobeOffset);
  if (efSearch === undefined) return;
  const offset = efSearchOffset((position) => file.readBigUInt64LE(position));
  file.writeInt32LE(efSearch, offset);
}

/**
 * @template T
 * @param {string} path
 * @param {(readInteger: (offset: number) => bigint, fileBytes: number) => T} inspect -
 * `readInteger` reads a uint64; after the end of the file, it returns 0
 */
function inspectFile(path, inspect) {
  const descriptor = openSync(path, "r");
  try {
    return inspect((offset) => {
      const eightBytes = Buffer.alloc(8);
      readSync(descriptor, eightBytes, 0, 8, offset);
      return eightBytes.readBigUInt64LE();
    }, fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * After its arrays a graph has four int32, of which `efSearch` is the last.
 *
 * @param {(offset: number) => bigint} readInteger
 */
function efSearchOffset(readInteger) {
  return arraysEnd(readInteger, headerBytes, graphArrays) + 3 * 4;
}

/**
 * @param {(offset: number) => bigint} readInteger
 * @param {number} offset
 * @param {number[]} elementBytes
 */
function arraysEnd(readInteger, offset, elementBytes = []) {
  let end = offset;
  for (const bytes of elementBytes) {
    const length = Number(readInteger(end));
    end += 8 + length * bytes;
    if (!Number.isSafeInteger(end)) return Number.POSITIVE_INFINITY;
  }
  return end;
}
