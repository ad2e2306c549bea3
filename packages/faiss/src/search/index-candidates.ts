import type { Pacer } from "@embeddinggemma/internal";
import type { RowIndex } from "../index/row-index.ts";
import type { Table } from "../rows/table.ts";
import type { RowFilter } from "./row-filter.ts";
import { rowRange, scan } from "./scan.ts";
import type { TopRows } from "./top-rows.ts";

export interface CandidateOptions<R> {
  table: Table<R>;
  filter: RowFilter<R>;
  /** How many candidates are wanted for a query. */
  count: number;
  /** Fewer than this are too few. */
  k: number;
  pacer: Pacer;
}

/** More than the wanted, so that the first answer mostly settles which the best are. */
const margin = 16;
/** Where FAISS would have to return more, a scan is faster. */
const maxFetched = 16_384;

/** The best rows for each prefix by their leading numbers, by scoring every row. */
export async function scanCandidates<R>(
  prefixes: readonly Float32Array[],
  options: CandidateOptions<R>,
): Promise<number[][]> {
  const found: number[][] = [];
  for (const prefix of prefixes) found.push(rowsOf(await scanPrefix(prefix, 0, options)));
  return found;
}

/**
 * The same by asking FAISS for the rows that its index covers. It is asked for more until it is
 * certain that no row it did not return belongs among them: FAISS adds in float32, and returns ties
 * in no fixed order.
 *
 * @param share - the share of items that the filter is expected to accept
 */
export async function indexCandidates<R>(
  index: RowIndex<R>,
  prefixes: readonly Float32Array[],
  share: number,
  options: CandidateOptions<R>,
): Promise<number[][]> {
  const { table, count } = options;
  const found: number[][] = [];
  let unsettled = [...prefixes.keys()];
  const first = Math.ceil((count + margin) / share / (table.size / table.rows));
  for (let fetched = first; unsettled.length > 0 && fetched <= maxFetched; fetched *= 4) {
    const covered = index.covered;
    const perQuery = Math.min(fetched, covered);
    const asked = unsettled.map((position) => prefixes[position]!);
    const reply = perQuery > 0 ? await index.search(asked, perQuery) : undefined;
    if (!reply) break;
    const still: number[] = [];
    for (const [place, position] of unsettled.entries()) {
      const top = await scanPrefix(prefixes[position]!, covered, options);
      const rows = reply.rows.subarray(place * perQuery, (place + 1) * perQuery);
      for (const row of rows) {
        if (row >= 0 && options.filter.accepts(row))
          top.offer(row, table.prefixScore(row, prefixes[position]!));
      }
      const minFound = reply.scores[(place + 1) * perQuery - 1]!;
      const isEverything = perQuery === covered || rows.at(-1)! < 0;
      if (isSettled(top, index, minFound, isEverything, options)) found[position] = rowsOf(top);
      else still.push(position);
    }
    unsettled = still;
  }
  for (const position of unsettled)
    found[position] = rowsOf(await scanPrefix(prefixes[position]!, 0, options));
  return found;
}

function isSettled<R>(
  top: TopRows,
  index: RowIndex<R>,
  minFound: number,
  isEverything: boolean,
  { table, k }: CandidateOptions<R>,
): boolean {
  if (!index.kind.isFlat)
    return top.isFull || (isEverything && top.length >= Math.min(k, table.size));
  // The worst case of adding n products of a unit vector's numbers in float32, of 24 bits, and of
  // rounding the prefix to it.
  const rounding = (table.shape.searchDimension + 8) * 2 ** -24;
  return isEverything || (top.isFull && top.minScore > minFound + rounding);
}

function scanPrefix<R>(
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

function rowsOf(top: TopRows): number[] {
  return top.sorted().map(({ row }) => row);
}
