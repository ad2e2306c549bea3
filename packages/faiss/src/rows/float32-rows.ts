import { blockOf, blockRanges, rowInBlock, rowsPerBlock, type VectorRows } from "./vector-rows.ts";

/** Vectors with four bytes for each number. */
export class Float32Rows implements VectorRows {
  readonly dimension: number;
  length = 0;
  readonly #blocks: Float32Array[] = [];

  constructor(dimension: number) {
    this.dimension = dimension;
  }

  append(vector: Float32Array): void {
    this.#lastBlock().set(vector, rowInBlock(this.length) * this.dimension);
    this.length++;
  }

  truncate(length: number): void {
    this.length = length;
    this.#blocks.length = Math.ceil(length / rowsPerBlock);
  }

  read(row: number, target: Float32Array): void {
    const start = rowInBlock(row) * this.dimension;
    target.set(this.#blocks[blockOf(row)]!.subarray(start, start + target.length));
  }

  dot(row: number, query: Float32Array, length: number): number {
    const block = this.#blocks[blockOf(row)]!;
    let position = rowInBlock(row) * this.dimension;
    let index = 0;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (const end = length - 3; index < end; index += 4, position += 4) {
      sum0 += query[index]! * block[position]!;
      sum1 += query[index + 1]! * block[position + 1]!;
      sum2 += query[index + 2]! * block[position + 2]!;
      sum3 += query[index + 3]! * block[position + 3]!;
    }
    for (; index < length; index++, position++) sum0 += query[index]! * block[position]!;
    return sum0 + sum1 + (sum2 + sum3);
  }

  *bytes(start: number, end: number): Iterable<Uint8Array> {
    for (const { block, from, to } of blockRanges(start, end)) {
      const { buffer, byteOffset } = this.#blocks[block]!;
      yield new Uint8Array(
        buffer,
        byteOffset + from * this.dimension * 4,
        (to - from) * this.dimension * 4,
      );
    }
  }

  appendBytes(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; ) {
      const target = this.#lastBlock();
      const first = rowInBlock(this.length);
      const count = Math.min(rowsPerBlock - first, (bytes.length - offset) / (this.dimension * 4));
      const length = count * this.dimension * 4;
      new Uint8Array(target.buffer, first * this.dimension * 4, length).set(
        bytes.subarray(offset, offset + length),
      );
      offset += length;
      this.length += count;
    }
  }

  #lastBlock(): Float32Array {
    const block = blockOf(this.length);
    this.#blocks[block] ??= new Float32Array(rowsPerBlock * this.dimension);
    return this.#blocks[block];
  }
}
