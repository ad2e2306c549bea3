import { blockOf, blockRanges, rowInBlock, rowsPerBlock, type VectorRows } from "./vector-rows.ts";

interface Block {
  codes: Int8Array;
  /** A vector is its codes × its scale. */
  scales: Float32Array;
}

/**
 * Unit vectors with one byte for each number, and a scale for each vector. The code of the largest
 * number is 127 or -127. The scale keeps the length at 1.
 */
export class Int8Rows implements VectorRows {
  readonly dimension: number;
  length = 0;
  readonly #blocks: Block[] = [];

  constructor(dimension: number) {
    this.dimension = dimension;
  }

  append(vector: Float32Array): void {
    const { codes, scales } = this.#lastBlock();
    const row = rowInBlock(this.length);
    const start = row * this.dimension;
    let largest = 0;
    for (const value of vector) largest = Math.max(largest, Math.abs(value));
    let squares = 0;
    for (let index = 0; index < vector.length; index++) {
      const code = Math.round((vector[index]! / largest) * 127);
      codes[start + index] = code;
      squares += code * code;
    }
    scales[row] = 1 / Math.sqrt(squares);
    this.length++;
  }

  truncate(length: number): void {
    this.length = length;
    this.#blocks.length = Math.ceil(length / rowsPerBlock);
  }

  read(row: number, target: Float32Array): void {
    const { codes, scales } = this.#blocks[blockOf(row)]!;
    const scale = scales[rowInBlock(row)]!;
    const start = rowInBlock(row) * this.dimension;
    for (let index = 0; index < target.length; index++)
      target[index] = codes[start + index]! * scale;
  }

  dot(row: number, query: Float32Array, length: number): number {
    const { codes, scales } = this.#blocks[blockOf(row)]!;
    let position = rowInBlock(row) * this.dimension;
    let index = 0;
    let sum0 = 0;
    let sum1 = 0;
    for (const end = length - 1; index < end; index += 2, position += 2) {
      sum0 += query[index]! * codes[position]!;
      sum1 += query[index + 1]! * codes[position + 1]!;
    }
    if (index < length) sum0 += query[index]! * codes[position]!;
    return (sum0 + sum1) * scales[rowInBlock(row)]!;
  }

  *bytes(start: number, end: number): Iterable<Uint8Array> {
    const bytesPerRow = this.dimension + 4;
    for (const { block, from, to } of blockRanges(start, end)) {
      const { codes, scales } = this.#blocks[block]!;
      const piece = new Uint8Array((to - from) * bytesPerRow);
      const view = new DataView(piece.buffer);
      for (let row = from; row < to; row++) {
        const offset = (row - from) * bytesPerRow;
        view.setFloat32(offset, scales[row]!, true);
        new Int8Array(piece.buffer, offset + 4, this.dimension).set(
          codes.subarray(row * this.dimension, (row + 1) * this.dimension),
        );
      }
      yield piece;
    }
  }

  appendBytes(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let offset = 0; offset < bytes.length; offset += this.dimension + 4) {
      const { codes, scales } = this.#lastBlock();
      const row = rowInBlock(this.length);
      scales[row] = view.getFloat32(offset, true);
      codes.set(
        new Int8Array(bytes.buffer, bytes.byteOffset + offset + 4, this.dimension),
        row * this.dimension,
      );
      this.length++;
    }
  }

  #lastBlock(): Block {
    const block = blockOf(this.length);
    this.#blocks[block] ??= {
      codes: new Int8Array(rowsPerBlock * this.dimension),
      scales: new Float32Array(rowsPerBlock),
    };
    return this.#blocks[block];
  }
}
