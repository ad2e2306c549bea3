import type { Pacer } from "@embeddinggemma/internal";
import type { Table } from "../rows/table.ts";
import type { RowFilter } from "./row-filter.ts";
import { rowRange, scan } from "./scan.ts";
import type { TopRows } from "./top-rows.ts";

export interface CandidateOptions<R> {
  table: Table<R>;
  filter: RowFilter<R>;
  /** How many candidates to find for each query. */
  count: number;
  /** How many hits the search needs. An approximate index must find at least as many candidates. */
  k: number;
  pacer: Pacer;
}

/** For each prefix, the best rows by their leading numbers. Scores every row. */
export async function scanCandidates<R>(
  prefixes: readonly Float32Array[],
  options: CandidateOptions<R>,
): Promise<number[][]> {
  const found: number[][] = [];
  const { rows } = options.table;
  for (const prefix of prefixes) found.push(await bestRows(prefix, rowRange(0, rows), options));
  return found;
}

/** The best of some rows by their leading numbers, best first. */
export async function bestRows<R>(
  prefix: Float32Array,
  rows: Iterable<number>,
  options: CandidateOptions<R>,
): Promise<number[]> {
  return rowsOf(await scanPrefix(prefix, rows, options));
}

/** Scores some rows by their leading numbers. */
export function scanPrefix<R>(
  prefix: Float32Array,
  rows: Iterable<number>,
  { table, filter, count, pacer }: CandidateOptions<R>,
): Promise<TopRows> {
  return scan({
    rows,
    count,
    sequence: table.sequence,
    score: (row) => table.prefixScore(row, prefix),
    accepts: filter.accepts,
    pacer,
  });
}

export function rowsOf(top: TopRows): number[] {
  return top.sorted().map(({ row }) => row);
}
