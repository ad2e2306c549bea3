import type { RowCodes, Selection } from "../codes/row-codes.ts";
import { scan } from "./scan.ts";
import { type CandidateOptions, rowsOf } from "./scan-candidates.ts";
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
  for (const [position, prefix] of prefixes.entries()) {
    const top = await scan({
      rows: selections[position]!.rows(),
      count,
      sequence: table.sequence,
      score: (row) => table.prefixScore(row, prefix),
      accepts: filter.accepts,
      pacer,
    });
    found.push(rowsOf(top));
  }
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
  minScore = Number.NEGATIVE_INFINITY;

  constructor(count: number, sequence: readonly number[], accepts: (row: number) => boolean) {
    this.#certain = new TopRows(count, sequence);
    this.#accepts = accepts;
  }

  consider(row: number, lower: number, upper: number): void {
    if (upper < this.minScore || !this.#accepts(row)) return;
    this.#rows.push(row);
    this.#upper.push(upper);
    this.#certain.offer(row, lower);
    this.minScore = this.#certain.minScore;
    if (this.#rows.length < this.#maxCollected) return;
    this.#drop();
    this.#maxCollected = Math.max(minCollected, 2 * this.#rows.length);
  }

  rows(): readonly number[] {
    this.#drop();
    return this.#rows;
  }

  #drop(): void {
    const canBeAmongBest = (upper: number) => upper >= this.minScore;
    this.#rows = this.#rows.filter((_row, position) => canBeAmongBest(this.#upper[position]!));
    this.#upper = this.#upper.filter(canBeAmongBest);
  }
}
