/** Rows of equal length that grow at the end. */
export interface VectorRows {
  readonly dimension: number;
  /** How many rows there are. */
  readonly length: number;
  append(vector: Float32Array): void;
  /** Drops the rows from `length` on. */
  truncate(length: number): void;
  read(row: number, target: Float32Array): void;
  /** Inner product of a row and a query in their first `length` numbers, in float64. */
  dot(row: number, query: Float32Array, length: number): number;
  /**
   * The rows from `start` to `end` as they are stored on disk, in pieces that share memory with the
   * rows.
   */
  bytes(start: number, end: number): Iterable<Uint8Array>;
  /** Appends one piece of what `bytes` gave. */
  appendBytes(bytes: Uint8Array): void;
}

/** Rows lie in blocks, so that growing copies nothing and wastes at most one block. */
export const rowsPerBlock = 1024;
const blockShift = 10;
const blockMask = rowsPerBlock - 1;

export function blockOf(row: number): number {
  return row >> blockShift;
}

export function rowInBlock(row: number): number {
  return row & blockMask;
}

/** The parts of `start` to `end` that lie in one block each. */
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
