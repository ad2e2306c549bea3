import { open } from "node:fs/promises";
import { FaissStoreError, reasonOf, show } from "../errors.ts";
import { flatHeaderBytes } from "../files/vector-file.ts";

export interface FlatFile {
  metric: "innerProduct" | "l2";
  dimension: number;
  /** One row after the other. */
  vectors: Float32Array;
  /** The numbers under which FAISS found the rows; their positions where the file has none. */
  labels: bigint[];
}

/** fourcc, int32 dimension, int64 rows, 2 × int64, uint8 trained, int32 metric. */
const commonHeaderBytes = 37;

/**
 * Reads a FAISS file of a flat index of either metric, alone or inside an `IndexIDMap`, without FAISS.
 *
 * @throws FaissStoreError `FILE_MISSING`, `NOT_A_STORE`, `FILE_DAMAGED`, `READ_FAILED`
 */
export async function readFlatFile(path: string): Promise<FlatFile> {
  const file = await readWhole(path);
  const fourcc = file.toString("latin1", 0, 4);
  const isMap = fourcc === "IxMp" || fourcc === "IxM2";
  const flat = readFlat(isMap ? file.subarray(commonHeaderBytes) : file, path);
  const rows = flat.vectors.length / flat.dimension;
  const end = (isMap ? commonHeaderBytes : 0) + flatHeaderBytes + flat.vectors.byteLength;
  const mapBytes = isMap ? 8 + 8 * rows : 0;
  if (file.length !== end + mapBytes) throw wrongLength(path, file.length, end + mapBytes);
  if (!isMap) return { ...flat, labels: Array.from({ length: rows }, (_, row) => BigInt(row)) };
  if (file.readBigUInt64LE(end) !== BigInt(rows)) throw damagedFile(path, "its id map has another length");
  return { ...flat, labels: Array.from({ length: rows }, (_, row) => file.readBigInt64LE(end + 8 + 8 * row)) };
}

export async function readWhole(path: string): Promise<Buffer> {
  const handle = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      throw new FaissStoreError("FILE_MISSING", `${path} is missing.`, { path }, { cause: error });
    }
    throw readFailed(path, error);
  });
  try {
    return await handle.readFile();
  } catch (error) {
    throw readFailed(path, error);
  } finally {
    await handle.close();
  }
}

function readFailed(path: string, error: unknown): FaissStoreError {
  return new FaissStoreError(
    "READ_FAILED",
    `${path} could not be read: ${reasonOf(error)}.`,
    { path },
    { cause: error },
  );
}

export function damagedFile(path: string, how: string): FaissStoreError {
  return new FaissStoreError("FILE_DAMAGED", `${path} cannot be read: ${how}. Write it again where it came from.`, {
    path,
  });
}

function readFlat(file: Buffer, path: string): Pick<FlatFile, "metric" | "dimension" | "vectors"> {
  if (file.length < flatHeaderBytes) throw damagedFile(path, `it has only ${file.length} bytes`);
  const fourcc = file.toString("latin1", 0, 4);
  const metrics: Record<string, FlatFile["metric"]> = { IxFI: "innerProduct", IxF2: "l2" };
  const metric = metrics[fourcc];
  if (!metric) {
    throw new FaissStoreError(
      "NOT_A_STORE",
      `${path} is no flat FAISS index: it begins with ${show(fourcc)}, and not with IxFI (inner product) or IxF2 (L2). ` +
        "Other kinds do not hold the vectors themselves, so build the store from the texts.",
      { path, fourcc },
    );
  }
  const dimension = file.readInt32LE(4);
  const rows = file.readBigInt64LE(8);
  const numbers = file.readBigUInt64LE(37);
  if (dimension < 1 || rows < 0n || rows * BigInt(dimension) !== numbers) {
    throw damagedFile(path, `its header says ${rows} vectors of ${dimension} numbers, ${numbers} in all`);
  }
  const end = flatHeaderBytes + 4 * Number(numbers);
  if (file.length < end) throw wrongLength(path, file.length, end);
  const vectors = new Float32Array(Number(numbers));
  Buffer.from(vectors.buffer).set(file.subarray(flatHeaderBytes, end));
  return { metric, dimension, vectors };
}

function wrongLength(path: string, found: number, expected: number): FaissStoreError {
  return damagedFile(path, `it has ${found} bytes where its header asks for ${expected}`);
}
