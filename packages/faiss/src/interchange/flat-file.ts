import type { FileHandle } from "node:fs/promises";
import { FaissStoreError, readFailed, show } from "../errors.ts";
import { readFully } from "../files/durable-file.ts";
import { openToRead } from "../files/open-to-read.ts";
import { flatHeaderBytes } from "../files/vector-file.ts";

export interface FlatFile {
  metric: "innerProduct" | "l2";
  dimension: number;
  /** One row after the other. */
  vectors: Float32Array;
  /** The numbers that FAISS returns for the rows; their positions where the file has none. */
  labels: bigint[];
}

/** fourcc, int32 dimension, int64 rows, 2 × int64, uint8 trained, int32 metric. */
const commonHeaderBytes = 37;

/** FAISS's `idx_t`. */
const labelBytes = 8;

/**
 * Reads a FAISS file of a flat index of either metric, alone or inside an `IndexIDMap`, without
 * FAISS. Memory is allocated only for vectors that the file is long enough to hold.
 *
 * @throws FaissStoreError `FILE_MISSING`, `NOT_A_STORE`, `FILE_DAMAGED`, `READ_FAILED`
 */
export async function readFlatFile(path: string): Promise<FlatFile> {
  return withFile(path, async (handle) => {
    const { size } = await handle.stat();
    const read = async <T extends Uint8Array>(target: T, position: number): Promise<T> => {
      const isThere =
        position + target.length <= size && (await readFully(handle, target, position));
      if (!isThere) throw wrongLength(path, size, position + target.length);
      return target;
    };
    const fourcc = (await read(Buffer.alloc(4), 0)).toString("latin1");
    const isMap = fourcc === "IxMp" || fourcc === "IxM2";
    const start = isMap ? commonHeaderBytes : 0;
    const { metric, dimension, rows } = parseHeader(
      await read(Buffer.alloc(flatHeaderBytes), start),
      path,
    );
    const vectorsEnd = start + flatHeaderBytes + rows * dimension * 4;
    const end = vectorsEnd + (isMap ? labelBytes * (1 + rows) : 0);
    if (size !== end) throw wrongLength(path, size, end);
    const vectors = new Float32Array(rows * dimension);
    await read(new Uint8Array(vectors.buffer), start + flatHeaderBytes);
    if (!isMap)
      return {
        metric,
        dimension,
        vectors,
        labels: Array.from({ length: rows }, (_, row) => BigInt(row)),
      };
    const map = await read(Buffer.alloc(labelBytes * (1 + rows)), vectorsEnd);
    if (map.readBigUInt64LE(0) !== BigInt(rows))
      throw damagedFile(path, "its id map has another length");
    const labels = Array.from({ length: rows }, (_, row) =>
      map.readBigInt64LE(labelBytes * (1 + row)),
    );
    return { metric, dimension, vectors, labels };
  });
}

export function readWhole(path: string): Promise<Buffer> {
  return withFile(path, (handle) => handle.readFile());
}

async function withFile<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await openToRead(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      throw new FaissStoreError("FILE_MISSING", `${path} is missing.`, { path }, { cause: error });
    }
    throw readFailed(path, error);
  });
  try {
    return await use(handle);
  } catch (error) {
    throw FaissStoreError.isInstance(error) ? error : readFailed(path, error);
  } finally {
    await handle.close();
  }
}

export function damagedFile(path: string, how: string): FaissStoreError {
  return new FaissStoreError(
    "FILE_DAMAGED",
    `${path} cannot be read: ${how}. Write it again with the program that made it.`,
    { path },
  );
}

function parseHeader(
  header: Buffer,
  path: string,
): Pick<FlatFile, "metric" | "dimension"> & { rows: number } {
  const fourcc = header.toString("latin1", 0, 4);
  const metrics: Record<string, FlatFile["metric"]> = { IxFI: "innerProduct", IxF2: "l2" };
  const metric = metrics[fourcc];
  if (!metric) {
    throw new FaissStoreError(
      "NOT_A_STORE",
      `${path} is not a flat FAISS index: it begins with ${show(fourcc)}, not with IxFI (inner ` +
        "product) or IxF2 (L2). Only flat indexes are imported. Embed the texts again instead.",
      { path, fourcc },
    );
  }
  const dimension = header.readInt32LE(4);
  const rows = header.readBigInt64LE(8);
  const numbers = header.readBigUInt64LE(37);
  if (dimension < 1 || rows < 0n || rows * BigInt(dimension) !== numbers) {
    throw damagedFile(
      path,
      `its header says ${rows} vectors of ${dimension} numbers, ${numbers} in all`,
    );
  }
  return { metric, dimension, rows: Number(rows) };
}

function wrongLength(path: string, found: number, expected: number): FaissStoreError {
  return damagedFile(path, `it has ${found} bytes, but by its header it should have ${expected}`);
}
