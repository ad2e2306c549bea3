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
  for (const prefix of prefixes) found.push(rowsOf(await scanPrefix(prefix, 0, options)));
  return found;
}

/** The best rows by their leading numbers, from the row `start` on. */
export function scanPrefix<R>(
  prefix: Float32Array,
  start: number,
  options: CandidateOptions<R>,
): Promise<TopRows> {
  const { table, filter, count, pacer } = options;
  return scan({
    rows: rowRange(start, table.rows),
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
