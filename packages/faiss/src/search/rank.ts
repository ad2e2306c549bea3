import { Pacer } from "@embeddinggemma/internal";
import type { RowCodes } from "../codes/row-codes.ts";
import type { RowIndex } from "../index/row-index.ts";
import type { Table } from "../rows/table.ts";
import { norm } from "../rows/vector-math.ts";
import type { FaissStoreFilter } from "../types.ts";
import { codeCandidates } from "./code-candidates.ts";
import { indexCandidates } from "./index-candidates.ts";
import { RowFilter } from "./row-filter.ts";
import { rowRange, scan } from "./scan.ts";
import { scanCandidates } from "./scan-candidates.ts";

/** What a search can use of a store. */
export interface Rankable<R> {
  readonly table: Table<R>;
  /** The FAISS index, if there is one. */
  readonly index: RowIndex<R> | undefined;
  readonly codes: RowCodes<R>;
}

export interface RankOptions<R> {
  k: number;
  filter: FaissStoreFilter<R> | undefined;
  minScore: number;
  oversample: number;
  /** Up to this many items, a search scores all full vectors. */
  scanBelow: number;
}

export interface RankedRow {
  row: number;
  score: number;
}

/**
 * If the filter accepts a smaller share of items, scoring those is faster than searching all.
 */
const fewMatches = 0.05;

/** How many queries are searched together: in one message to FAISS, or in one scan of the codes. */
const queriesTogether = 64;

/**
 * Finds the best rows for each query by the inner product of the full vectors; ties in insertion
 * order.
 *
 * A search with a flat index finds the same rows as one without: the candidates are the `k ×
 * oversample` best rows by their leading numbers, found by FAISS or by a scan of the codes.
 *
 * @param queries - unit vectors
 */
export async function rank<R>(
  rankable: Rankable<R>,
  queries: readonly Float32Array[],
  options: RankOptions<R>,
): Promise<RankedRow[][]> {
  const { table } = rankable;
  const filter = new RowFilter(table, options.filter);
  const pacer = new Pacer();
  const rankings: RankedRow[][] = [];
  for (let start = 0; start < queries.length; start += queriesTogether) {
    const group = queries.slice(start, start + queriesTogether);
    const candidates = await findCandidates(rankable, group, filter, options, pacer);
    for (const [position, query] of group.entries()) {
      const top = await scan({
        rows: candidates?.[position] ?? rowRange(0, table.rows),
        count: options.k,
        sequence: table.sequence,
        score: (row) => table.score(row, query),
        accepts: filter.accepts,
        pacer,
      });
      rankings.push(top.sorted().filter(({ score }) => score >= options.minScore));
    }
  }
  return rankings;
}

/** For each query, the rows whose full vectors to score; undefined for all rows. */
async function findCandidates<R>(
  { table, index, codes }: Rankable<R>,
  queries: readonly Float32Array[],
  filter: RowFilter<R>,
  { k, oversample, scanBelow }: RankOptions<R>,
  pacer: Pacer,
): Promise<(readonly number[])[] | undefined> {
  const { dimension, searchDimension } = table.shape;
  const isExact = searchDimension === dimension && (index?.kind.isFlat ?? true);
  const count = Math.ceil(k * (isExact ? 1 : oversample));
  if (table.size <= Math.max(count, scanBelow)) return undefined;
  const share = filter.estimate();
  if (share < fewMatches) {
    const rows = await filter.rows(pacer);
    return queries.map(() => rows);
  }
  const prefixes = queries.map((query) => prefixOf(query, searchDimension));
  if (prefixes.includes(undefined)) return undefined;
  const known = prefixes as Float32Array[];
  const options = { table, filter, count, k, pacer };
  if (index && index.covered > 0) return indexCandidates(index, known, share, options);
  const candidates = await codeCandidates(codes, known, options);
  if (candidates || searchDimension === dimension) return candidates;
  return scanCandidates(known, options);
}

/** The leading numbers as a unit vector; undefined if all are zero. */
function prefixOf(query: Float32Array, count: number): Float32Array | undefined {
  if (count === query.length) return query;
  const prefix = query.slice(0, count);
  const length = norm(prefix);
  return length === 0 ? undefined : prefix.map((value) => value / length);
}
