// The program of the process that alone loads faiss-node. It is plain JavaScript so that Node runs it as it is, from the sources
// and from the build. What reaches it has been checked; should FAISS abort all the same, only this process dies.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * @typedef {import("faiss-node").Index} Index
 * @typedef {import("./protocol.ts").Request} Request
 * @typedef {import("./protocol.ts").Reply} Reply
 */

const [faissNodePath = "", temporaryFolder = ""] = process.argv.slice(2);

/** @type {typeof import("faiss-node")} */
const faiss = createRequire(import.meta.url)(faissNodePath);
const innerProduct = 0;

/** @type {Map<number, Index>} */
const indexes = new Map();

checkAnswers();
process.on("SIGINT", () => {});
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
    case "train":
      return get(request.index).train(Array.from(request.vectors));
    case "add":
      return add(get(request.index), request.vectors);
    case "search":
      return search(get(request.index), request.queries, request.count);
    case "write":
      return get(request.index).write(request.path);
    case "read":
      indexes.set(
        request.index,
        request.isFlat ? faiss.IndexFlatIP.read(request.path) : faiss.Index.read(request.path),
      );
      return { rows: get(request.index).ntotal(), dimension: get(request.index).getDimension() };
    case "free":
      indexes.delete(request.index);
      return;
  }
}

/** @param {number} handle */
function get(handle) {
  const index = indexes.get(handle);
  if (!index) throw new Error(`there is no index ${handle}`);
  return index;
}

/** @param {Extract<Request, { operation: "create" }>} request */
function create({ dimension, factory, nprobe, efSearch }) {
  if (factory === "Flat") return new faiss.IndexFlatIP(dimension);
  const index = faiss.Index.fromFactory(dimension, factory, innerProduct);
  if (nprobe === undefined && efSearch === undefined) return index;
  // faiss-node has no call that sets search parameters, but they are part of the file.
  return withTemporaryFile((path) => {
    index.write(path);
    const file = readFileSync(path);
    if (nprobe !== undefined) file.writeBigUInt64LE(BigInt(nprobe), nprobeOffset);
    if (efSearch !== undefined) file.writeInt32LE(efSearch, efSearchOffset(file));
    writeFileSync(path, file);
    return faiss.Index.read(path);
  });
}

/** Behind the fourcc and the common header of 33 bytes lie the number of cells and then `nprobe` (`write_ivf_header`). */
const nprobeOffset = 4 + 33 + 8;

/**
 * Behind the common header lie five vectors, each after its length, then four integers of which `efSearch` is the last
 * (`write_HNSW` in `faiss/impl/index_write.cpp`).
 *
 * @param {Buffer} file
 */
function efSearchOffset(file) {
  let offset = 4 + 33;
  for (const elementBytes of [8, 4, 4, 8, 4]) offset += 8 + Number(file.readBigUInt64LE(offset)) * elementBytes;
  return offset + 3 * 4;
}

/**
 * @param {Index} index
 * @param {Float32Array} vectors
 */
function add(index, vectors) {
  const dimension = index.getDimension();
  if (!(index instanceof faiss.IndexFlatIP) || vectors.length < 64 * dimension) {
    index.add(Array.from(vectors));
    return;
  }
  // Through a file it is twelve times faster than number by number through Node-API.
  withTemporaryFile((path) => {
    writeFileSync(path, Buffer.concat([flatHeader(dimension, vectors.length), bytesOf(vectors)]));
    index.mergeFrom(faiss.IndexFlatIP.read(path));
  });
  globalThis.gc?.();
}

/**
 * @param {Index} index
 * @param {Float32Array} queries
 * @param {number} count
 */
function search(index, queries, count) {
  const { labels, distances } = index.search(Array.from(queries), count);
  return { rows: Int32Array.from(labels), scores: Float32Array.from(distances) };
}

/**
 * @template T
 * @param {(path: string) => T} use
 */
function withTemporaryFile(use) {
  const path = join(temporaryFolder, `embeddinggemma-faiss-${process.pid}`);
  try {
    return use(path);
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * @param {number} dimension
 * @param {number} numbers
 */
function flatHeader(dimension, numbers) {
  const header = Buffer.alloc(45);
  header.write("IxFI", "latin1");
  header.writeInt32LE(dimension, 4);
  header.writeBigInt64LE(BigInt(numbers / dimension), 8);
  header.writeBigInt64LE(1048576n, 16);
  header.writeBigInt64LE(1048576n, 24);
  header.writeUInt8(1, 32);
  header.writeInt32LE(innerProduct, 33);
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
