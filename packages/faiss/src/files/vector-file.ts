import type { TableShape } from "../rows/table.ts";

export const flatHeaderBytes = 45;
const int8HeaderBytes = 20;
const int8Signature = "EGI8";

type Metric = "innerProduct" | "l2";

export interface FlatHeader {
  metric: Metric;
  dimension: number;
  rows: number;
}

/**
 * Vectors of float32 are saved as a FAISS flat file, which `faiss.read_index` opens: fourcc `IxFI`,
 * int32 dimension, int64 rows, 2 × int64 1048576, uint8 trained, int32 metric, uint64 numbers, then
 * the rows. Vectors of int8 are saved in a similar file: fourcc `EGI8`, uint32 version, int32
 * dimension, int64 rows, then for each row a float32 scale and its codes. Everything is
 * little-endian.
 */
export function vectorFileLayout({ dimension, precision }: TableShape): {
  header: number;
  rowBytes: number;
} {
  return precision === "int8"
    ? { header: int8HeaderBytes, rowBytes: dimension + 4 }
    : { header: flatHeaderBytes, rowBytes: dimension * 4 };
}

export function vectorFileHeader({ dimension, precision }: TableShape, rows: number): Buffer {
  return precision === "int8"
    ? int8Header(dimension, rows)
    : flatHeader({ metric: "innerProduct", dimension, rows });
}

export function flatHeader({ metric, dimension, rows }: FlatHeader): Buffer {
  const header = Buffer.alloc(flatHeaderBytes);
  header.write(metric === "l2" ? "IxF2" : "IxFI", "latin1");
  header.writeInt32LE(dimension, 4);
  header.writeBigInt64LE(BigInt(rows), 8);
  header.writeBigInt64LE(1048576n, 16);
  header.writeBigInt64LE(1048576n, 24);
  header.writeUInt8(1, 32);
  header.writeInt32LE(metric === "l2" ? 1 : 0, 33);
  header.writeBigUInt64LE(BigInt(rows) * BigInt(dimension), 37);
  return header;
}

function int8Header(dimension: number, rows: number): Buffer {
  const header = Buffer.alloc(int8HeaderBytes);
  header.write(int8Signature, "latin1");
  header.writeUInt32LE(1, 4);
  header.writeInt32LE(dimension, 8);
  header.writeBigInt64LE(BigInt(rows), 12);
  return header;
}
