import { isVector, writeUnitVector } from "../rows/unit-vector.ts";
import type { StoreSettings } from "../store-settings.ts";
import type { FaissStoreHit, Vector } from "../types.ts";
import { maximalMarginalRelevance } from "./maximal-marginal-relevance.ts";
import { type Rankable, type RankedRow, rank } from "./rank.ts";
import type {
  CheckedMaximalMarginalRelevanceOptions,
  CheckedSearchOptions,
} from "./search-options.ts";

/** What a search needs to know about a store. */
export interface SearchableContent<R> extends Rankable<R> {
  readonly settings: StoreSettings;
  /** Up to this many items, a search scores all of them. */
  readonly scanBelow: number;
  hit(ranked: RankedRow): FaissStoreHit<R>;
}

/** Finds the best hits for each query. The content must not change meanwhile. */
export async function searchContent<R>(
  content: SearchableContent<R>,
  queries: readonly Vector[],
  options: CheckedSearchOptions<R>,
): Promise<FaissStoreHit<R>[][]> {
  const rankings = await rankContent(content, queries, options);
  return rankings.map((ranking) => ranking.map((ranked) => content.hit(ranked)));
}

/** Finds hits that are relevant but different. The content must not change meanwhile. */
export async function searchDiverse<R>(
  content: SearchableContent<R>,
  query: Vector,
  { k, fetchK, lambda, filter, minScore }: CheckedMaximalMarginalRelevanceOptions<R>,
): Promise<FaissStoreHit<R>[]> {
  const options = { k: fetchK, minScore, filter, oversample: undefined };
  const [ranking = []] = await rankContent(content, [query], options);
  const vectors = ranking.map(({ row }) => content.table.vector(row));
  const scores = ranking.map(({ score }) => score);
  return maximalMarginalRelevance(scores, vectors, k, lambda).map((position) =>
    content.hit(ranking[position]!),
  );
}

async function rankContent<R>(
  content: SearchableContent<R>,
  vectors: readonly Vector[],
  { k, minScore, filter, oversample = content.settings.oversample }: CheckedSearchOptions<R>,
): Promise<RankedRow[][]> {
  const { table, index, settings, scanBelow } = content;
  const queries = unitQueries(vectors, settings.dimension);
  if (table.size === 0) return queries.map(() => []);
  await index?.update(table);
  return rank(content, queries, {
    k: Math.min(k, table.size),
    minScore,
    filter,
    oversample,
    scanBelow,
  });
}

/**
 * The queries as unit vectors.
 *
 * @param dimension - that of the store; if it has none yet, every length is right
 * @throws FaissStoreError `DIMENSION_MISMATCH`, `INVALID_VECTOR`, `INVALID_ARGUMENT`
 */
export function unitQueries(vectors: readonly Vector[], dimension?: number): Float32Array[] {
  return vectors.map((vector, position) => {
    const query = new Float32Array(dimension ?? (isVector(vector) ? vector.length : 0));
    writeUnitVector(vector, query, () =>
      vectors.length === 1 ? "the query" : `query ${position}`,
    );
    return query;
  });
}
