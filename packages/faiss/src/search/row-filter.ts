import type { Pacer } from "@embeddinggemma/internal";
import { FaissStoreError, reasonOf, sentenceOf, show } from "../errors.ts";
import { readOnlyRecord } from "../rows/read-only.ts";
import type { Table } from "../rows/table.ts";
import type { FaissStoreFilter } from "../types.ts";

const unknown = 0;
const accepted = 1;
const rejected = 2;

/** Sample size for estimating the share of rows that match. */
const sampleSize = 256;

/** A filter over the live rows of a table. Calls the function at most once for each row. */
export class RowFilter<R> {
  readonly #table: Table<R>;
  readonly #filter: FaissStoreFilter<R> | undefined;
  readonly #isDeletion: boolean;
  readonly #answers: Uint8Array;

  /** @param options - with `isDeletion`, the function must return true or false itself */
  constructor(
    table: Table<R>,
    filter: FaissStoreFilter<R> | undefined,
    { isDeletion = false } = {},
  ) {
    this.#table = table;
    this.#filter = filter;
    this.#isDeletion = isDeletion;
    this.#answers = new Uint8Array(filter ? table.rows : 0);
  }

  readonly accepts = (row: number): boolean => {
    const id = this.#table.ids[row];
    if (id === undefined) return false;
    if (!this.#filter) return true;
    if (this.#answers[row] === unknown) {
      const answer = askFilter(this.#filter, this.#table.records[row] as R, id);
      if (this.#isDeletion && typeof answer !== "boolean") throw noBoolean(answer, id);
      this.#answers[row] = answer ? accepted : rejected;
    }
    return this.#answers[row] === accepted;
  };

  /** Estimates the share of items that match, from the same evenly spread rows each time. */
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

  /** All rows that match. */
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
 * Calls a filter with a read-only record.
 *
 * @throws FaissStoreError its own; `INVALID_ARGUMENT` if it throws anything else, or returns a
 * promise, which would always count as true
 */
function askFilter<R>(filter: FaissStoreFilter<R>, record: R, id: string): unknown {
  let answer: unknown;
  try {
    answer = filter(readOnlyRecord(record), id);
  } catch (error) {
    throw FaissStoreError.isInstance(error) ? error : filterThrew(error, id);
  }
  if (typeof answer === "object" && answer !== null && "then" in answer) {
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `A filter must be synchronous, but it returned ${show(answer)} for ${show(id)}. ` +
        "Return true or false, not a promise.",
    );
  }
  return answer;
}

/** A forgotten comparison, such as `(record) => record.kind`, would delete too much. */
function noBoolean(answer: unknown, id: string): FaissStoreError {
  return new FaissStoreError(
    "INVALID_ARGUMENT",
    `The filter of a deletion must return true or false, but it returned ${show(answer)} for the ` +
      `item ${show(id)}. Nothing was deleted. Compare the value, or return Boolean(value).`,
    { id },
  );
}

/** What engines say about a change of a frozen object, and this package about that of a `Date`. */
const changedFrozen = /read.?only|not extensible|(?:delete|(?:re)?define) property|frozen/i;

function filterThrew(cause: unknown, id: string): FaissStoreError {
  const reason = reasonOf(cause);
  const advice = changedFrozen.test(reason)
    ? "Records are read-only in filters: change a copy, such as structuredClone(record)."
    : "A filter must return true or false for every record.";
  return new FaissStoreError(
    "INVALID_ARGUMENT",
    `The filter threw an error for the item ${show(id)}: ${sentenceOf(reason)} ${advice}`,
    { id },
    { cause },
  );
}
