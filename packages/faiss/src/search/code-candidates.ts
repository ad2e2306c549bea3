import type { RowCodes, Selection } from "../codes/row-codes.ts";
import { type CandidateOptions, rowsOf } from "./index-candidates.ts";
import { scan } from "./scan.ts";
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
): Promise<number[][] | undefined> {
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

/** The rows that can be among the best, by the bounds of their scores. */
class BoundedSelection implements Selection {
  /** Those with the best lower bounds. */
  readonly #certain: TopRows;
  readonly #accepts: (row: number) => boolean;
  readonly #rows: number[] = [];
  readonly #upper: number[] = [];
  minScore = Number.NEGATIVE_INFINITY;

  constructor(count: number, sequence: readonly number[], accepts: (row: number) => boolean) {
    this.#certain = new TopRows(count, sequence);
    this.#accepts = accepts;
  }

  consider(row: number, lower: number, upper: number): void {
    if (!this.#accepts(row)) return;
    this.#rows.push(row);
    this.#upper.push(upper);
    this.#certain.offer(row, lower);
    this.minScore = this.#certain.minScore;
  }

  rows(): number[] {
    return this.#rows.filter((_row, position) => this.#upper[position]! >= this.minScore);
  }
}
