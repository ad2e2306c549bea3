/** Vectors of equal length. New ones are appended. */
export interface VectorRows {
  readonly dimension: number;
  /** Number of rows. */
  readonly length: number;
  append(vector: Float32Array): void;
  /** Drops the rows from `length` on. */
  truncate(length: number): void;
  read(row: number, target: Float32Array): void;
  /** Inner product of the first `length` numbers of a row and a query, added in float64. */
  dot(row: number, query: Float32Array, length: number): number;
  /** The rows from `start` to `end` as saved on disk. The pieces may share memory with the rows. */
  bytes(start: number, end: number): Iterable<Uint8Array>;
  /** Appends rows from bytes as `bytes` returns them. */
  appendBytes(bytes: Uint8Array): void;
}

/** Rows are stored in blocks: growing copies nothing, and at most one block is not full. */
export const rowsPerBlock = 1024;
const blockShift = 10;
const blockMask = rowsPerBlock - 1;

export function blockOf(row: number): number {
  return row >> blockShift;
}

export function rowInBlock(row: number): number {
  return row & blockMask;
}

/** Splits the rows from `start` to `end` into one range for each block. */
export function* blockRanges(
  start: number,
  end: number,
): Iterable<{ block: number; from: number; to: number }> {
  for (let row = start; row < end; ) {
    const block = blockOf(row);
    const to = Math.min(end, (block + 1) * rowsPerBlock);
    yield { block, from: rowInBlock(row), to: rowInBlock(to - 1) + 1 };
    row = to;
  }
}
