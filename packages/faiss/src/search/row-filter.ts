import type { Pacer } from "@embeddinggemma/internal";
import { FaissStoreError, show } from "../errors.ts";
import type { Table } from "../rows/table.ts";
import type { FaissStoreFilter } from "../types.ts";

const unknown = 0;
const accepted = 1;
const refused = 2;

/** How many items are asked to estimate how many match. */
const sampleSize = 256;

/** A filter over the live rows of a table, asked at most once a row. */
export class RowFilter<R> {
  readonly #table: Table<R>;
  readonly #filter: FaissStoreFilter<R> | undefined;
  readonly #answers: Uint8Array;

  constructor(table: Table<R>, filter: FaissStoreFilter<R> | undefined) {
    this.#table = table;
    this.#filter = filter;
    this.#answers = new Uint8Array(filter ? table.rows : 0);
  }

  readonly accepts = (row: number): boolean => {
    const id = this.#table.ids[row];
    if (id === undefined) return false;
    if (!this.#filter) return true;
    if (this.#answers[row] === unknown) {
      this.#answers[row] = askFilter(this.#filter, this.#table.records[row] as R, id)
        ? accepted
        : refused;
    }
    return this.#answers[row] === accepted;
  };

  /**
   * The share of items that match, from a sample spread evenly over them, and so the same every
   * time.
   */
  estimate(): number {
    if (!this.#filter) return 1;
    const rows = this.#table.rows;
    const step = Math.max(1, rows / sampleSize);
    let live = 0;
    let matching = 0;
    for (let position = 0; position < rows; position += step) {
      const row = Math.floor(position);
      if (!this.#table.isLive(row)) continue;
      live++;
      if (this.accepts(row)) matching++;
    }
    return live === 0 ? 0 : matching / live;
  }

  /** Every row that matches. */
  async rows(pacer: Pacer): Promise<number[]> {
    const rows: number[] = [];
    for (let row = 0; row < this.#table.rows; row++) {
      if (this.accepts(row)) rows.push(row);
      if (row % 64 === 0 && pacer.due) await pacer.pause();
    }
    return rows;
  }
}

/**
 * What a filter answers.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT` for a promise, which would count as true whatever it
 * resolves to
 */
export function askFilter<R>(filter: FaissStoreFilter<R>, record: R, id: string): boolean {
  const answer: unknown = filter(record, id);
  if (typeof answer === "object" && answer !== null && "then" in answer) {
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `A filter must answer at once, but it returned ${show(answer)} for ${show(id)}. ` +
        "Make it a synchronous function.",
    );
  }
  return Boolean(answer);
}
