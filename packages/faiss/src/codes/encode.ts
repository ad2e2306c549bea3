import { norm } from "../rows/vector-math.ts";

/** A row has codes from -127 to 127. */
export const maxRowCode = 127;
const maxQueryCode = 32_767;
const maxSum = 2 ** 31 - 1;

export interface QueryCodes {
  /** Times the scale, they are approximately the query. */
  codes: Int16Array;
  scale: number;
  /** The length of what is missing. */
  error: number;
}

/** How many codes of a vector are in memory: codes.wat reads 32 at a time. */
export function paddedLength(length: number): number {
  return Math.ceil(length / 32) * 32;
}

/** Encodes a query. Its codes are so small that no inner product with a row overflows an int32. */
export function encodeQuery(query: Float32Array): QueryCodes {
  const maxCode = Math.min(maxQueryCode, Math.floor(maxSum / (maxRowCode * query.length)));
  const largest = query.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
  const scale = largest / maxCode;
  const codes = new Int16Array(paddedLength(query.length));
  const missing = query.map((value, index) => {
    codes[index] = Math.round(value / scale);
    return value - codes[index]! * scale;
  });
  return { codes, scale, error: norm(missing) };
}
