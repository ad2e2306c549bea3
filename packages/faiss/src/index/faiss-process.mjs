// The program of the process that alone loads faiss-node. It is plain JavaScript so that Node runs
// it as it is, from the sources and from the build. What reaches it has been checked; should FAISS
// abort all the same, only this process dies.
import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

/**
 * @typedef {import("faiss-node").Index} Index
 * @typedef {import("./protocol.ts").Request} Request
 * @typedef {import("./protocol.ts").Reply} Reply
 * @typedef {import("./protocol.ts").IndexSpecification} IndexSpecification
 */

const [faissNodePath = "", ...transferFolders] = process.argv.slice(2);

/** @type {typeof import("faiss-node")} */
const faiss = createRequire(import.meta.url)(faissNodePath);
const innerProduct = 0;

/** @type {Map<number, Index>} */
const indexes = new Map();

/** What an index will be trained with. @type {Map<number, Float32Array[]>} */
const samples = new Map();

const transferFile = openTransferFile([...transferFolders, tmpdir()]);

checkAnswers();
// Signals that go to a whole group of processes: it ends when its parent does, which may have a
// store to save first.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
process.on("disconnect", () => process.exit());
process.on("message", (message) => {
  const request = /** @type {Request} */ (message);
  try {
    reply({ id: request.id, result: answer(request) });
  } catch (error) {
    reply({ id: request.id, error: error instanceof Error ? error.message : String(error) });
  }
});
reply({ id: 0 });

/** @param {Reply} message */
function reply(message) {
  process.send?.(message);
}

/** @param {Request} request */
function answer(request) {
  switch (request.operation) {
    case "create":
      indexes.set(request.index, create(request));
      return;
    case "sample":
      get(request.index);
      samples.set(request.index, [...(samples.get(request.index) ?? []), request.vectors]);
      return;
    case "train":
      return train(request.index);
    case "add":
      return add(get(request.index), request.vectors);
    case "search":
      return search(get(request.index), request.queries, request.count);
    case "write":
      return get(request.index).write(request.path);
    case "read":
      indexes.set(request.index, read(request));
      return { rows: get(request.index).ntotal(), dimension: get(request.index).getDimension() };
    case "free":
      indexes.delete(request.index);
      samples.delete(request.index);
      return;
  }
}

/** @param {number} handle */
function get(handle) {
  const index = indexes.get(handle);
  if (!index) throw new Error(`there is no index ${handle}`);
  return index;
}

/** @param {IndexSpecification} specification */
function create({ dimension, factory, nprobe, efSearch }) {
  if (factory === "Flat") return new faiss.IndexFlatIP(dimension);
  const index = faiss.Index.fromFactory(dimension, factory, innerProduct);
  return nprobe === undefined && efSearch === undefined
    ? index
    : withSearchParameters(index, { nprobe, efSearch });
}

/** @param {Extract<Request, { operation: "read" }>} request */
function read({ path, factory, nprobe, efSearch }) {
  checkLengths(path, factory);
  if (factory === "Flat") return faiss.IndexFlatIP.read(path);
  const index = faiss.Index.read(path);
  return hasSearchParameters(path, { nprobe, efSearch })
    ? index
    : withSearchParameters(index, { nprobe, efSearch });
}

/**
 * faiss-node has no call that sets search parameters, but they are part of what it writes.
 *
 * @param {Index} index
 * @param {Pick<IndexSpecification, "nprobe" | "efSearch">} parameters
 */
function withSearchParameters(index, { nprobe, efSearch }) {
  const file = index.toBuffer();
  if (nprobe !== undefined) file.writeBigUInt64LE(BigInt(nprobe), nprobeOffset);
  if (efSearch !== undefined) {
    file.writeInt32LE(
      efSearch,
      efSearchOffset((offset) => file.readBigUInt64LE(offset)),
    );
  }
  return faiss.Index.fromBuffer(file);
}

/**
 * Looked up in the file, since a copy of a large index that needs none would take its memory twice.
 *
 * @param {string} path
 * @param {Pick<IndexSpecification, "nprobe" | "efSearch">} parameters
 */
function hasSearchParameters(path, { nprobe, efSearch }) {
  return inFile(path, (readInteger) => {
    if (nprobe !== undefined && readInteger(nprobeOffset) !== BigInt(nprobe)) return false;
    if (efSearch === undefined) return true;
    return BigInt.asIntN(32, readInteger(efSearchOffset(readInteger))) === BigInt(efSearch);
  });
}

/**
 * FAISS allocates what a length in a file asks for before it reads, so a length that the file
 * cannot hold is refused. Checks the vectors that come first in the file, not those behind them.
 *
 * @param {string} path
 * @param {string} factory
 */
function checkLengths(path, factory) {
  inFile(path, (readInteger, fileBytes) => {
    const [, offset, elements] = firstVectors.find(([kind]) => factory.startsWith(kind)) ?? [];
    if (offset !== undefined && vectorsEnd(readInteger, offset, elements) > fileBytes)
      throw new Error("the index file is shorter than the lengths in it");
  });
}

/**
 * @template T
 * @param {string} path
 * @param {(readInteger: (offset: number) => bigint, fileBytes: number) => T} look - its
 * `readInteger` reads a uint64, and 0 behind the end of the file
 */
function inFile(path, look) {
  const descriptor = openSync(path, "r");
  try {
    return look((offset) => {
      const eightBytes = Buffer.alloc(8);
      readSync(descriptor, eightBytes, 0, 8, offset);
      return eightBytes.readBigUInt64LE();
    }, fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Behind the fourcc and the common header of 33 bytes lie the number of cells and then `nprobe`
 * (`write_ivf_header`).
 */
const nprobeOffset = 4 + 33 + 8;

/** The vectors of a graph, by the bytes of an element (`write_HNSW` in `index_write.cpp`). */
const graphVectors = [8, 4, 4, 8, 4];

/**
 * By kind of index, where its first vectors begin, each after its length, and the bytes of an
 * element of each (`write_index` in `faiss/impl/index_write.cpp`).
 *
 * @type {[kind: string, offset: number, elementBytes: number[]][]}
 */
const firstVectors = [
  ["Flat", 4 + 33, [4]],
  ["HNSW", 4 + 33, graphVectors],
  // Behind the cells and `nprobe` lies a flat index of the cells' centroids.
  ["IVF", 4 + 33 + 16 + 4 + 33, [4]],
  ["SQ", 4 + 33 + 28, [4, 1]],
  ["PQ", 4 + 33 + 24, [4, 1]],
];

/**
 * Behind its vectors a graph has four integers, of which `efSearch` is the last.
 *
 * @param {(offset: number) => bigint} readInteger
 */
function efSearchOffset(readInteger) {
  return vectorsEnd(readInteger, 4 + 33, graphVectors) + 3 * 4;
}

/**
 * @param {(offset: number) => bigint} readInteger
 * @param {number} offset
 * @param {number[]} elementBytes
 */
function vectorsEnd(readInteger, offset, elementBytes = []) {
  let end = offset;
  for (const bytes of elementBytes) {
    const length = Number(readInteger(end));
    end += 8 + length * bytes;
    if (!Number.isSafeInteger(end)) return Number.POSITIVE_INFINITY;
  }
  return end;
}

/** @param {number} handle */
function train(handle) {
  const pieces = samples.get(handle) ?? [];
  samples.delete(handle);
  if (pieces.length === 0) throw new Error(`nothing was given to train index ${handle} with`);
  // Training takes minutes for a large index, in which this thread cannot see that its parent has
  // died.
  const watcher = new Worker(watchParent, { eval: true, workerData: process.ppid });
  try {
    get(handle).train(numbersOf(pieces));
  } finally {
    watcher.terminate();
  }
}

/**
 * faiss-node takes plain arrays only. Pushing number by number takes a fifth of the time of
 * `Array.from`, and an array of a given length over 32 million would become a slow dictionary.
 *
 * @param {Float32Array[]} pieces
 */
function numbersOf(pieces) {
  const numbers = /** @type {number[]} */ ([]);
  for (const piece of pieces) {
    for (let position = 0; position < piece.length; position++)
      numbers.push(/** @type {number} */ (piece[position]));
  }
  return numbers;
}

const watchParent = `
  const { workerData: parent } = require("node:worker_threads");
  const isGone = () => {
    try { return process.ppid !== parent || !process.kill(parent, 0); } catch { return true; }
  };
  setInterval(() => { if (isGone()) process.kill(process.pid, "SIGKILL"); }, 500);
`;

/**
 * @param {Index} index
 * @param {Float32Array} vectors
 */
function add(index, vectors) {
  const dimension = index.getDimension();
  const isWorthAFile = index instanceof faiss.IndexFlatIP && vectors.length >= 64 * dimension;
  const flat = isWorthAFile ? readFlat(dimension, vectors) : undefined;
  if (flat) {
    index.mergeFrom(flat);
    globalThis.gc?.();
  } else index.add(numbersOf([vectors]));
}

/**
 * Through a file it is twelve times faster than number by number through Node-API. Where there is
 * no room for one, nothing.
 *
 * @param {number} dimension
 * @param {Float32Array} vectors
 */
function readFlat(dimension, vectors) {
  if (!transferFile) return undefined;
  const { descriptor, path } = transferFile;
  const content = Buffer.concat([flatHeader(dimension, vectors.length), bytesOf(vectors)]);
  try {
    if (writeSync(descriptor, content, 0, content.length, 0) < content.length) return undefined;
    return faiss.IndexFlatIP.read(path);
  } catch {
    return undefined;
  } finally {
    ftruncateSync(descriptor, 0);
  }
}

/**
 * A file in the first folder that takes one. Where the system lets, it has no name, so that nothing
 * is left behind however this ends.
 *
 * @param {string[]} folders
 */
function openTransferFile(folders) {
  for (const folder of folders) {
    const path = join(folder, `embeddinggemma-faiss-${randomUUID()}`);
    try {
      const descriptor = openSync(path, "wx+", 0o600);
      const nameless = `/proc/self/fd/${descriptor}`;
      if (existsSync(nameless)) {
        rmSync(path);
        return { descriptor, path: nameless };
      }
      process.on("exit", () => rmSync(path, { force: true }));
      return { descriptor, path };
    } catch {}
  }
  return undefined;
}

/**
 * @param {Index} index
 * @param {Float32Array} queries
 * @param {number} count
 */
function search(index, queries, count) {
  const { labels, distances } = index.search(numbersOf([queries]), count);
  return { rows: Int32Array.from(labels), scores: Float32Array.from(distances) };
}

/**
 * The header of a flat index, which FAISS writes for an empty one, with its two counts.
 *
 * @param {number} dimension
 * @param {number} numbers
 */
function flatHeader(dimension, numbers) {
  const header = new faiss.IndexFlatIP(dimension).toBuffer();
  header.writeBigInt64LE(BigInt(numbers / dimension), 8);
  header.writeBigUInt64LE(BigInt(numbers), 37);
  return header;
}

/** @param {Float32Array} vectors */
function bytesOf(vectors) {
  return Buffer.from(vectors.buffer, vectors.byteOffset, vectors.byteLength);
}

/** An addon compiled against another FAISS may load and answer nonsense. */
function checkAnswers() {
  const index = new faiss.IndexFlatIP(2);
  index.add([1, 0, 0, 1]);
  const { labels, distances } = index.search([0, 2], 1);
  if (labels[0] !== 1 || distances[0] !== 2) throw new Error("faiss-node gives wrong answers");
}
