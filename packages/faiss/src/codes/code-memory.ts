import { codesModule } from "./codes.wasm.ts";
import { maxRowCode, paddedLength, type QueryCodes } from "./encode.ts";

/** What codes.wat exports. Parameters are addresses in bytes, unless their names say otherwise. */
interface Kernels {
  largest(numbers: number, length: number): number;
  encode(numbers: number, length: number, codes: number, scale: number): number;
  multiply(rows: number, length: number, query: number, products: number): void;
  multiplyFour(rows: number, length: number, query: number, products: number): void;
  select(
    products: number,
    scales: number,
    errors: number,
    scale: number,
    error: number,
    minScore: number,
    found: number,
  ): number;
}

/** Rows of a block, as many as codes.wat expects. */
export const rowsPerCodeBlock = 1024;
/** The most queries of one `multiply`. */
export const queriesAtOnce = 4;

/** Of one number for each row of a block. */
const columnBytes = rowsPerCodeBlock * 4;
/** The length of a row that is not quite a unit vector, and sums in float32, make errors larger. */
const slack = 1.01;
const bytesPerPage = 65_536;

let compiled: WebAssembly.Module | undefined;

/**
 * Blocks of int8 codes in a WebAssembly memory, and the computations with them. A block has the
 * scales of its rows, the errors of their scores, and their codes.
 */
export class CodeMemory {
  /** Codes of a row. */
  readonly #length: number;
  readonly #maxBytes: number;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  /** Addresses of results. Operands are before them, from address 0 on. */
  readonly #products: number;
  readonly #found: number;
  /** Address of the next block. */
  #end: number;

  /**
   * @param length - how many numbers a vector has
   * @param maxBytes - the most that the memory may have, in whole pages of 65,536
   * @throws Error if the platform has no WebAssembly, or no room
   */
  constructor(length: number, maxBytes = 2 ** 30) {
    this.#length = paddedLength(length);
    this.#maxBytes = maxBytes;
    this.#products = queriesAtOnce * this.#length * Int16Array.BYTES_PER_ELEMENT;
    this.#found = this.#products + queriesAtOnce * columnBytes;
    this.#end = this.#found + columnBytes;
    const initial = Math.ceil(this.#end / bytesPerPage);
    this.#memory = new WebAssembly.Memory({ initial, maximum: maxBytes / bytesPerPage });
    compiled ??= new WebAssembly.Module(Buffer.from(codesModule, "base64"));
    const { exports } = new WebAssembly.Instance(compiled, { codes: { memory: this.#memory } });
    this.#kernels = exports as unknown as Kernels;
  }

  /**
   * @returns the address of a block without rows; undefined if this memory is full
   * @throws Error if the platform has no room
   */
  addBlock(): number | undefined {
    const block = this.#end;
    const end = block + 2 * columnBytes + rowsPerCodeBlock * this.#length;
    if (end > this.#maxBytes) return undefined;
    const missing = Math.ceil((end - this.#memory.buffer.byteLength) / bytesPerPage);
    if (missing > 0) this.#memory.grow(missing);
    this.#end = end;
    this.#floats(block, rowsPerCodeBlock).fill(Number.NaN);
    return block;
  }

  /** Encodes a vector as a row of a block. */
  encode(block: number, row: number, vector: Float32Array): void {
    const numbers = this.#floats(0, this.#length);
    numbers.set(vector);
    numbers.fill(0, vector.length);
    const scale = Math.fround(this.#kernels.largest(0, this.#length) / maxRowCode);
    const codes = block + 2 * columnBytes + row * this.#length;
    const squares = scale === 0 ? 0 : this.#kernels.encode(0, this.#length, codes, scale);
    const columns = this.#floats(block, 2 * rowsPerCodeBlock);
    columns[row] = scale;
    columns[rowsPerCodeBlock + row] = Math.sqrt(squares) * slack;
  }

  /** Multiplies the rows of a block with up to four queries, for `select`. */
  multiply(block: number, queries: readonly QueryCodes[]): void {
    const codes = new Int16Array(this.#memory.buffer, 0, queriesAtOnce * this.#length);
    for (const [position, query] of queries.entries())
      codes.set(query.codes, position * this.#length);
    const rows = block + 2 * columnBytes;
    if (queries.length === queriesAtOnce) {
      this.#kernels.multiplyFour(rows, this.#length, 0, this.#products);
      return;
    }
    for (const position of queries.keys()) {
      const query = position * this.#length * Int16Array.BYTES_PER_ELEMENT;
      this.#kernels.multiply(rows, this.#length, query, this.#products + position * columnBytes);
    }
  }

  /**
   * Finds rows by the products of a block with a query.
   *
   * @param position - of the query among those that were multiplied
   * @param error - how far scores may be off for other reasons than the codes of the rows
   * @returns rows that may have at least `minScore`; scores and errors of all rows. Valid until the
   * next call of any method. Replaces the products, so call it once for each.
   */
  select(
    block: number,
    position: number,
    { scale }: QueryCodes,
    error: number,
    minScore: number,
  ): { rows: Int32Array; scores: Float32Array; errors: Float32Array } {
    const products = this.#products + position * columnBytes;
    const errors = block + columnBytes;
    const count = this.#kernels.select(
      products,
      block,
      errors,
      scale,
      error,
      minScore,
      this.#found,
    );
    return {
      rows: new Int32Array(this.#memory.buffer, this.#found, count),
      scores: this.#floats(products, rowsPerCodeBlock),
      errors: this.#floats(errors, rowsPerCodeBlock),
    };
  }

  #floats(address: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, address, length);
  }
}
