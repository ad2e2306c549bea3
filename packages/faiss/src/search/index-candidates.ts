import type { RowIndex } from "../index/row-index.ts";
import { rowRange } from "./scan.ts";
import { bestRows, type CandidateOptions, rowsOf, scanPrefix } from "./scan-candidates.ts";
import type { TopRows } from "./top-rows.ts";

/** How many more rows to ask for than needed. With these, one request is usually enough. */
const margin = 16;
/** If FAISS had to return more rows than this, a scan is faster. */
const maxFetched = 16_384;

/**
 * For each prefix, the best rows by their leading numbers. Asks FAISS for the rows in its index and
 * scores the others. FAISS rounds to float32 and returns ties in any order, so it is asked for more
 * rows until no row that it left out can be among the best.
 *
 * @param share - the share of items that the filter accepts, estimated
 */
export async function indexCandidates<R>(
  index: RowIndex<R>,
  prefixes: readonly Float32Array[],
  share: number,
  options: CandidateOptions<R>,
): Promise<number[][]> {
  const { table, count } = options;
  const found: number[][] = [];
  let open = [...prefixes.keys()];
  const first = Math.ceil((count + margin) / share / (table.size / table.rows));
  for (let fetched = first; open.length > 0 && fetched <= maxFetched; fetched *= 4) {
    const covered = index.covered;
    const perQuery = Math.min(fetched, covered);
    const queries = open.map((position) => prefixes[position]!);
    const reply = perQuery > 0 ? await index.search(queries, perQuery) : undefined;
    if (!reply) break;
    const stillOpen: number[] = [];
    for (const [place, position] of open.entries()) {
      const newest = rowRange(covered, table.rows);
      const top = await scanPrefix(prefixes[position]!, newest, options);
      const rows = reply.rows.subarray(place * perQuery, (place + 1) * perQuery);
      for (const row of rows) {
        if (row >= 0 && options.filter.accepts(row))
          top.offer(row, table.prefixScore(row, prefixes[position]!));
      }
      const minFound = reply.scores[(place + 1) * perQuery - 1]!;
      const isAll = perQuery === covered || rows.at(-1)! < 0;
      if (isComplete(top, index, minFound, isAll, options)) found[position] = rowsOf(top);
      else stillOpen.push(position);
    }
    open = stillOpen;
  }
  for (const position of open)
    found[position] = await bestRows(prefixes[position]!, rowRange(0, table.rows), options);
  return found;
}

/**
 * Whether no row that FAISS left out belongs among the best.
 *
 * @param minFound - the lowest score that FAISS returned
 * @param isAll - whether FAISS returned all rows that it can find
 */
function isComplete<R>(
  top: TopRows,
  index: RowIndex<R>,
  minFound: number,
  isAll: boolean,
  { table, k }: CandidateOptions<R>,
): boolean {
  if (!index.kind.isFlat) return top.isFull || (isAll && top.length >= Math.min(k, table.size));
  // The largest rounding error of a sum of n products in float32, which has 24 bits, for unit
  // vectors whose numbers were rounded to float32.
  const rounding = (table.shape.searchDimension + 8) * 2 ** -24;
  return isAll || (top.isFull && top.minScore > minFound + rounding);
}
