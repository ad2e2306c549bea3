import type { CheckedRetrievalData } from "../data/retrieval-data.ts";
import { Ranker } from "../evaluate/ranker.ts";
import { compareIds } from "../statistics/compare-ids.ts";
import { mean, rankingMetrics } from "../statistics/ranking-metrics.ts";
import { cutOffsOf } from "./cut-offs.ts";
import type { Matrix } from "./jax.ts";
import type { LinearMap } from "./linear-map.ts";

/** Vectors of the queries and of the corpus of retrieval data, in its order. */
export interface ValidationVectors {
  readonly queries: Matrix;
  readonly corpus: Matrix;
}

/** @returns the mean of a metric over the queries, with vectors that a map changes */
export function validator(
  data: CheckedRetrievalData,
  vectors: ValidationVectors,
  { metric, sides }: { readonly metric: string; readonly sides: "query" | "both" },
): (map: LinearMap) => Promise<number> {
  const ids = Array.from(data.corpus.keys());
  const order = new Int32Array(ids.length);
  const sorted = Array.from(ids.keys()).sort((a, b) => compareIds(ids[a]!, ids[b]!));
  for (const [place, index] of sorted.entries()) order[index] = place;
  const grades = Array.from(data.queries.keys(), (id) => data.relevant.get(id)!);
  const cutOffs = cutOffsOf(metric);
  const k = Number(metric.split("@")[1]);
  const comparison = {
    similarityFunction: "cosine" as const,
    dimension: vectors.queries.columns,
    normalize: true,
  };
  return async (map) => {
    const queries = rowsOf(await map.apply(vectors.queries));
    const corpus = sides === "both" ? await map.apply(vectors.corpus) : vectors.corpus;
    const ranker = new Ranker(queries, comparison, { k, order });
    await ranker.add(rowsOf(corpus), 0);
    const values = ranker.rankings().map((hits, query) => {
      const ranking = hits.map(([index]) => ids[index]!);
      return rankingMetrics(ranking, grades[query]!, cutOffs)[metric]!;
    });
    return mean(values);
  };
}

function rowsOf({ data, rows, columns }: Matrix): Float32Array[] {
  return Array.from({ length: rows }, (_, row) =>
    data.subarray(row * columns, (row + 1) * columns),
  );
}
