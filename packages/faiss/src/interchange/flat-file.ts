import type { FileHandle } from "node:fs/promises";
import { FaissStoreError, readFailed, show } from "../errors.ts";
import { readFully } from "../files/durable-file.ts";
import { openToRead } from "../files/open-to-read.ts";
import { flatHeaderBytes } from "../files/vector-file.ts";

export interface FlatFile {
  metric: "innerProduct" | "l2";
  dimension: number;
  /** The numbers of all vectors, one vector after the other. */
  vectors: Float32Array;
  /**
   * The numbers that FAISS returns for the rows. Without an `IndexIDMap`, these are 0, 1, 2 and so
   * on.
   */
  labels: bigint[];
}

/** fourcc, int32 dimension, int64 rows, 2 × int64, uint8 trained, int32 metric. */
const commonHeaderBytes = 37;

/** FAISS's `idx_t`. */
const labelBytes = 8;

/**
 * Reads a FAISS file of a flat index, L2 or inner product, alone or in an `IndexIDMap`. Does not
 * need FAISS. A forged header cannot make it allocate more memory than the file is long.
 *
 * @throws FaissStoreError `FILE_MISSING`, `NOT_A_STORE`, `FILE_DAMAGED`, `READ_FAILED`
 */
export async function readFlatFile(path: string): Promise<FlatFile> {
  return withFile(path, async (handle) => {
    const { size } = await handle.stat();
    const read = async <T extends Uint8Array>(target: T, position: number): Promise<T> => {
      const isComplete =
        position + target.length <= size && (await readFully(handle, target, position));
      if (!isComplete) throw wrongLength(path, size, position + target.length);
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
      throw damagedFile(path, "its id map does not have one id for each vector");
    const labels = Array.from({ length: rows }, (_, row) =>
      map.readBigInt64LE(labelBytes * (1 + row)),
    );
    return { metric, dimension, vectors, labels };
  });
}

export function readBytes(path: string): Promise<Buffer> {
  return withFile(path, (handle) => handle.readFile());
}

async function withFile<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await openToRead(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      const message = `${path} does not exist. Copy it there, or pass another path.`;
      throw new FaissStoreError("FILE_MISSING", message, { path }, { cause: error });
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
    `${path} is damaged: ${how}. Save it again with the library that wrote it.`,
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
      `${path} is not a flat FAISS index: it begins with ${show(fourcc)} instead of IxFI (inner ` +
        "product) or IxF2 (L2). Other kinds cannot be imported. Embed the texts again.",
      { path, fourcc },
    );
  }
  const dimension = header.readInt32LE(4);
  const rows = header.readBigInt64LE(8);
  const numbers = header.readBigUInt64LE(37);
  if (dimension < 1 || rows < 0n || rows * BigInt(dimension) !== numbers) {
    throw damagedFile(
      path,
      `its header says ${rows} vectors of ${dimension} numbers, but ${numbers} numbers in total`,
    );
  }
  return { metric, dimension, rows: Number(rows) };
}

function wrongLength(path: string, found: number, expected: number): FaissStoreError {
  return damagedFile(path, `it has ${found} bytes, but its header says ${expected}`);
}
