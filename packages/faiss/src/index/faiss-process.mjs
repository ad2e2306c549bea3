// The program of the process that loads faiss-node. It is plain JavaScript, so that Node can run it
// unbuilt. The store checks everything that it sends here. If FAISS aborts anyway, only this
// process dies.
import { randomUUID } from "node:crypto";
import { existsSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { checkLengths, hasSearchParameters, setSearchParameters } from "./faiss-index-file.mjs";

/**
 * @typedef {import("faiss-node").Index} Index
 * @typedef {import("./protocol.ts").Request} Request
 * @typedef {import("@embeddinggemma/internal/node").WorkerReply} Reply
 * @typedef {import("./protocol.ts").IndexSpecification} IndexSpecification
 * @typedef {import("./faiss-index-file.mjs").SearchParameters} SearchParameters
 */

const [faissNodePath = "", ...transferFolders] = process.argv.slice(2);

/** Loaded by the request `start`. @type {typeof import("faiss-node")} */
let faiss;
const innerProduct = 0;

/** @type {Map<number, Index>} */
const indexes = new Map();

/** The vectors to train each index with. @type {Map<number, Float32Array[]>} */
const samples = new Map();

const transferFile = openTransferFile([...transferFolders, tmpdir()]);

// Ctrl+C, for example, signals the whole process group. This process waits for its parent to end,
// which may still have to save a store.
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

/** @param {Reply} message */
function reply(message) {
  process.send?.(message);
}

/** @param {Request} request */
function answer(request) {
  switch (request.operation) {
    case "start":
      faiss = createRequire(import.meta.url)(faissNodePath);
      checkAnswers();
      return;
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
  if (!index) throw new Error(`index ${handle} does not exist`);
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
  // Setting the parameters copies the index, which takes its memory twice.
  return hasSearchParameters(path, { nprobe, efSearch })
    ? index
    : withSearchParameters(index, { nprobe, efSearch });
}

/**
 * faiss-node cannot set search parameters, but they are part of the file that it writes.
 *
 * @param {Index} index
 * @param {SearchParameters} parameters
 */
function withSearchParameters(index, parameters) {
  const file = index.toBuffer();
  setSearchParameters(file, parameters);
  return faiss.Index.fromBuffer(file);
}

/** @param {number} handle */
function train(handle) {
  const pieces = samples.get(handle) ?? [];
  samples.delete(handle);
  if (pieces.length === 0) throw new Error(`index ${handle} has no vectors to train with`);
  // Training a large index takes minutes. Meanwhile this thread does not notice that its parent has
  // died.
  const watcher = new Worker(watchParent, { eval: true, workerData: process.ppid });
  try {
    get(handle).train(numbersOf(pieces));
  } finally {
    watcher.terminate();
  }
}

/**
 * faiss-node accepts only plain arrays. Pushing each number is five times faster than `Array.from`.
 * `new Array(length)` would be slow: above 32 million numbers, V8 makes it a dictionary.
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
  const canUseFile = index instanceof faiss.IndexFlatIP && vectors.length >= 64 * dimension;
  const flat = canUseFile ? readFlat(dimension, vectors) : undefined;
  if (flat) {
    index.mergeFrom(flat);
    globalThis.gc?.();
  } else index.add(numbersOf([vectors]));
}

/**
 * A flat index of the vectors. Passing them through a file is twelve times faster than passing each
 * number through Node-API.
 *
 * @param {number} dimension
 * @param {Float32Array} vectors
 * @returns undefined if the file cannot be written
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
 * A file in the first folder that can be written. On systems with `/proc`, the file is unlinked at
 * once, so that it never outlives this process.
 *
 * @param {string[]} folders
 */
function openTransferFile(folders) {
  for (const folder of folders) {
    const path = join(folder, `embeddinggemma-faiss-${randomUUID()}`);
    try {
      const descriptor = openSync(path, "wx+", 0o600);
      const unlinked = `/proc/self/fd/${descriptor}`;
      if (existsSync(unlinked)) {
        rmSync(path);
        return { descriptor, path: unlinked };
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
 * The header that FAISS writes for an empty flat index, with its two counts filled in.
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

/** An addon that was compiled against another FAISS may load, but give wrong results. */
function checkAnswers() {
  const index = new faiss.IndexFlatIP(2);
  index.add([1, 0, 0, 1]);
  const { labels, distances } = index.search([0, 2], 1);
  if (labels[0] !== 1 || distances[0] !== 2)
    throw new Error("faiss-node gives wrong search results");
}
