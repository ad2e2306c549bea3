import { Pacer } from "@embeddinggemma/internal";
import type { RowIndex } from "../index/row-index.ts";
import type { Table } from "../rows/table.ts";
import type { FaissStoreFilter } from "../types.ts";
import { indexCandidates, scanCandidates } from "./index-candidates.ts";
import { RowFilter } from "./row-filter.ts";
import { rowRange, scan } from "./scan.ts";

export interface RankOptions<R> {
  k: number;
  filter: FaissStoreFilter<R> | undefined;
  minScore: number;
  oversample: number;
  /** Up to so many items every one is scored with its full vector. */
  scanBelow: number;
}

export interface RankedRow {
  row: number;
  score: number;
}

/**
 * Below this share of matching items it is cheaper to find and score those than to look for them
 * among the best.
 */
const fewMatches = 0.05;

/** Queries that go to FAISS at once. */
const queriesAtOnce = 64;

/**
 * The best rows for each query (unit vectors), by the inner product of the full vectors, ties in
 * insertion order.
 *
 * The answer does not depend on whether a flat index helps: candidates are the best by their
 * leading numbers, as many as `k × oversample`, found by FAISS or by a scan.
 */
export async function rank<R>(
  table: Table<R>,
  index: RowIndex<R> | undefined,
  queries: readonly Float32Array[],
  options: RankOptions<R>,
): Promise<RankedRow[][]> {
  const filter = new RowFilter(table, options.filter);
  const pacer = new Pacer();
  const rankings: RankedRow[][] = [];
  for (let start = 0; start < queries.length; start += queriesAtOnce) {
    const group = queries.slice(start, start + queriesAtOnce);
    const candidates = await findCandidates(table, index, group, filter, options, pacer);
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

/** For each query the rows to score with the full vectors; nothing where that is all of them. */
async function findCandidates<R>(
  table: Table<R>,
  index: RowIndex<R> | undefined,
  queries: readonly Float32Array[],
  filter: RowFilter<R>,
  { k, oversample, scanBelow }: RankOptions<R>,
  pacer: Pacer,
): Promise<number[][] | undefined> {
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
  const options = { table, filter, count, k, pacer };
  if (index && index.covered > 0)
    return indexCandidates(index, prefixes as Float32Array[], share, options);
  return searchDimension === dimension
    ? undefined
    : scanCandidates(prefixes as Float32Array[], options);
}

/** The re-normalised leading numbers; nothing where they are zeros, which say nothing. */
function prefixOf(query: Float32Array, length: number): Float32Array | undefined {
  if (length === query.length) return query;
  const prefix = query.slice(0, length);
  let squares = 0;
  for (const value of prefix) squares += value * value;
  if (squares === 0) return undefined;
  const norm = Math.sqrt(squares);
  return prefix.map((value) => value / norm);
}
