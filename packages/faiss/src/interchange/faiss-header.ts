import type { FaissStoreError } from "../errors.ts";
import { copyInPython, notImportable } from "./faiss-kinds.ts";
import { damagedFile, type FileCursor } from "./file-cursor.ts";

/** What a FAISS file has, whatever its kind. */
export interface FlatFile {
  metric: "innerProduct" | "l2" | "cosine";
  dimension: number;
  /** The numbers of all vectors, one vector after the other. */
  vectors: Float32Array;
  /**
   * The numbers that FAISS returns for the rows. Without an `IndexIDMap`, these are 0, 1, 2 and so
   * on.
   */
  labels: bigint[];
}

/** The part of an index that all kinds have. */
export interface IndexHeader {
  fourcc: string;
  dimension: number;
  rows: number;
  metric: FlatFile["metric"];
}

/** Reads the fourcc and the common header. */
export async function readHeader(file: FileCursor): Promise<IndexHeader> {
  const fourcc = await file.text(4);
  const header = await file.bytes(33);
  const dimension = header.readInt32LE(0);
  const rows = header.readBigInt64LE(4);
  const metric = header.readInt32LE(29);
  if (dimension < 1 || rows < 0n || rows > file.size)
    throw damagedFile(file.path, `its header says ${rows} vectors of ${dimension} numbers`);
  if (metric !== 0 && metric !== 1) throw otherMetric(file.path, fourcc, metric);
  return { fourcc, dimension, rows: Number(rows), metric: metric === 0 ? "innerProduct" : "l2" };
}

function otherMetric(path: string, fourcc: string, metric: number): FaissStoreError {
  const name = metrics[metric] ?? `number ${metric}`;
  return notImportable(
    path,
    fourcc,
    `a FAISS index with the metric ${name}. The store ranks by cosine, so only L2 and inner ` +
      `product can be imported. If you want to rank by cosine instead: ${copyInPython}`,
  );
}

const metrics: Readonly<Record<number, string>> = {
  2: "L1",
  3: "Linf",
  4: "Lp",
  20: "Canberra",
  21: "BrayCurtis",
  22: "JensenShannon",
  23: "Jaccard",
};
