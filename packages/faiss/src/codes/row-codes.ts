import { isError, type Pacer } from "@embeddinggemma/internal";
import type { Table } from "../rows/table.ts";
import { CodeMemory, queriesAtOnce, rowsPerCodeBlock } from "./code-memory.ts";
import { encodeQuery } from "./encode.ts";

/** What a scan looks for with one query. */
export interface Selection {
  /** No row with a lower score is wanted. May rise during the scan. */
  readonly minScore: number;
  /** Called for the rows that may have that score, with the bounds of their scores. */
  consider(row: number, lower: number, upper: number): void;
}

interface Block {
  memory: CodeMemory;
  address: number;
}

/**
 * For rounding to float32, of numbers up to 1 by 2 ** -24 each: a row, its score (three products),
 * its bound (three sums) and `minScore` sum up to less than 1e-6.
 */
const rounding = 2e-6;
/** No row is longer when its codes are decoded: the error is at most 1.01. */
const maxDecodedLength = 2.1;

/**
 * The leading numbers of the rows of a table, in one byte each. A scan of these is fast, and says
 * between which bounds the scores are. Only the rows that can be among the best need their real
 * scores.
 *
 * The bounds follow from the inequality of Cauchy and Schwarz. With the decoded query q′ and row
 * r′, |q·r − q′·r′| ≤ |q| |r − r′| + |q − q′| |r′|.
 */
export class RowCodes<R> {
  #blocks: readonly Block[] = [];
  #covered = 0;
  /** Of the table that has these rows. */
  #lineage: symbol | undefined;
  #isUnavailable = false;
  readonly #maxBytes: number | undefined;

  /** @param maxBytes - the most that one of its memories may have */
  constructor(maxBytes?: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Encodes the new rows.
   *
   * @returns whether all rows have codes: not if the platform has no WebAssembly, or no room
   */
  async update(table: Table<R>, pacer: Pacer): Promise<boolean> {
    if (table.lineage !== this.#lineage) {
      this.release();
      this.#lineage = table.lineage;
      this.#isUnavailable = false;
    }
    const numbers = new Float32Array(table.shape.searchDimension);
    while (this.#covered < table.rows) {
      if (this.#isUnavailable || !this.#append(table, numbers)) return false;
      if (pacer.due) await pacer.pause();
    }
    return true;
  }

  /**
   * Bounds the scores of all rows that were encoded.
   *
   * @param queries - unit vectors of the leading numbers
   * @param selections - one for each query
   */
  async scan(
    queries: readonly Float32Array[],
    selections: readonly Selection[],
    pacer: Pacer,
  ): Promise<void> {
    const encoded = queries.map(encodeQuery);
    for (const [number, { memory, address }] of this.#blocks.entries()) {
      for (let first = 0; first < encoded.length; first += queriesAtOnce) {
        const group = encoded.slice(first, first + queriesAtOnce);
        memory.multiply(address, group);
        for (const [position, query] of group.entries()) {
          const selection = selections[first + position]!;
          const error = query.error * maxDecodedLength + rounding;
          const { minScore } = selection;
          const { rows, scores, errors } = memory.select(address, position, query, error, minScore);
          for (const row of rows) {
            const off = errors[row]! + error;
            selection.consider(
              number * rowsPerCodeBlock + row,
              scores[row]! - off,
              scores[row]! + off,
            );
          }
        }
        if (pacer.due) await pacer.pause();
      }
    }
  }

  /** Frees the codes. The next update encodes all rows again. */
  release(): void {
    this.#blocks = [];
    this.#covered = 0;
  }

  /** @returns whether there is room for the next row */
  #append(table: Table<R>, numbers: Float32Array): boolean {
    const row = this.#covered % rowsPerCodeBlock;
    if (row === 0 && !this.#addBlock(numbers.length)) return false;
    table.readPrefix(this.#covered, numbers);
    const { memory, address } = this.#blocks.at(-1)!;
    memory.encode(address, row, numbers);
    this.#covered++;
    return true;
  }

  #addBlock(length: number): boolean {
    try {
      const newMemory = () => new CodeMemory(length, this.#maxBytes);
      let memory = this.#blocks.at(-1)?.memory ?? newMemory();
      let address = memory.addBlock();
      if (address === undefined) {
        memory = newMemory();
        address = memory.addBlock()!;
      }
      this.#blocks = [...this.#blocks, { memory, address }];
      return true;
    } catch (error) {
      if (!isForLackOfSupport(error)) throw error;
      this.release();
      this.#isUnavailable = true;
      return false;
    }
  }
}

/** No room is a RangeError. Other errors say that WebAssembly is switched off. */
function isForLackOfSupport(error: unknown): boolean {
  const isOff = typeof WebAssembly === "undefined";
  return isOff || (isError(error) && ["RangeError", "CompileError"].includes(error.name));
}
