import type { RowCodes, Selection } from "../codes/row-codes.ts";
import { bestRows, type CandidateOptions } from "./scan-candidates.ts";
import { TopRows } from "./top-rows.ts";

/**
 * For each prefix, the best rows by their leading numbers, found by the bounds of their scores. If
 * the vectors have no other numbers, there may be more rows than needed, so that each is scored
 * once.
 *
 * @returns undefined if the platform cannot have codes
 */
export async function codeCandidates<R>(
  codes: RowCodes<R>,
  prefixes: readonly Float32Array[],
  options: CandidateOptions<R>,
): Promise<(readonly number[])[] | undefined> {
  const { table, filter, count, pacer } = options;
  if (!(await codes.update(table, pacer))) return undefined;
  const selections = prefixes.map(
    () => new BoundedSelection(count, table.sequence, filter.accepts),
  );
  await codes.scan(prefixes, selections, pacer);
  const { dimension, searchDimension } = table.shape;
  if (searchDimension === dimension) return selections.map((selection) => selection.rows());
  const found: number[][] = [];
  for (const [position, prefix] of prefixes.entries())
    found.push(await bestRows(prefix, selections[position]!.rows(), options));
  return found;
}

/** So many rows are collected before those that can no longer be among the best are dropped. */
const minCollected = 4096;

/** The rows that can be among the best, by the bounds of their scores. */
class BoundedSelection implements Selection {
  /** Those with the best lower bounds. */
  readonly #certain: TopRows;
  readonly #accepts: (row: number) => boolean;
  #rows: number[] = [];
  #upper: number[] = [];
  #maxCollected = minCollected;

  constructor(count: number, sequence: readonly number[], accepts: (row: number) => boolean) {
    this.#certain = new TopRows(count, sequence);
    this.#accepts = accepts;
  }

  get minScore(): number {
    return this.#certain.minScore;
  }

  consider(row: number, lower: number, upper: number): void {
    if (upper < this.minScore || !this.#accepts(row)) return;
    this.#rows.push(row);
    this.#upper.push(upper);
    this.#certain.offer(row, lower);
    if (this.#rows.length < this.#maxCollected) return;
    this.#drop();
    this.#maxCollected = Math.max(minCollected, 2 * this.#rows.length);
  }

  rows(): readonly number[] {
    this.#drop();
    return this.#rows;
  }

  #drop(): void {
    const { minScore } = this;
    const canBeAmongBest = (upper: number) => upper >= minScore;
    this.#rows = this.#rows.filter((_row, position) => canBeAmongBest(this.#upper[position]!));
    this.#upper = this.#upper.filter(canBeAmongBest);
  }
}
