import { Pacer } from "@embeddinggemma/internal";
import type { CheckedRetrievalData } from "../data/retrieval-data.ts";
import { placesOf } from "../statistics/compare-ids.ts";
import { mean, rankingMetrics } from "../statistics/ranking-metrics.ts";
import { BestHits } from "../vectors/best-hits.ts";
import { type Matrix, rowsBetween, transpose } from "../vectors/matrix.ts";
import { lengthOf } from "../vectors/ranker.ts";
import { cutOffsOf } from "./cut-offs.ts";
import type { Compute } from "./jax.ts";
import type { LinearMap } from "./linear-map.ts";

/** Vectors of the queries and of the corpus of retrieval data, in its order. */
export interface ValidationVectors {
  readonly queries: Matrix;
  readonly corpus: Matrix;
}

/** How many documents are compared at once. */
const blockSize = 2048;

/**
 * Products of matrices take a twentieth of the time of a `Ranker`. Their scores can differ from its
 * scores in the last bits of a float32.
 *
 * @returns the mean of a metric over the queries, with vectors that a map changes
 */
export function validator(
  compute: Compute,
  data: CheckedRetrievalData,
  vectors: ValidationVectors,
  { metric, sides }: { readonly metric: string; readonly sides: "query" | "both" },
): (map: LinearMap) => Promise<number> {
  const ids = Array.from(data.corpus.keys());
  const order = placesOf(ids);
  const grades = Array.from(data.queries.keys(), (id) => data.relevant.get(id)!);
  const cutOffs = cutOffsOf(metric);
  const k = Number(metric.split("@")[1]);
  const blocks = Array.from({ length: Math.ceil(ids.length / blockSize) }, (_, index) => {
    const start = index * blockSize;
    const rows = rowsBetween(vectors.corpus, start, Math.min(start + blockSize, ids.length));
    return { start, rows: sides === "both" ? rows : unit(rows) };
  });
  return async (map) => {
    const pacer = new Pacer();
    const queries = transpose(unit(await map.apply(vectors.queries)));
    const best = grades.map(() => new BestHits(k, order));
    for (const { start, rows } of blocks) {
      if (pacer.due) await pacer.pause();
      const documents = sides === "both" ? unit(await map.apply(rows)) : rows;
      const { data: scores } = await compute.multiply(documents, queries);
      for (let row = 0; row < rows.rows; row++) {
        for (const [query, hits] of best.entries())
          hits.offer(start + row, scores[row * best.length + query]!);
      }
    }
    const values = best.map((hits, query) => {
      const ranking = hits.sorted().map(([index]) => ids[index]!);
      return rankingMetrics(ranking, grades[query]!, cutOffs)[metric]!;
    });
    return mean(values);
  };
}

/** Rows of unit length. */
function unit({ data, rows, columns }: Matrix): Matrix {
  const scaled = data.slice();
  for (let row = 0; row < rows; row++) {
    const vector = scaled.subarray(row * columns, (row + 1) * columns);
    const length = lengthOf(vector);
    for (let index = 0; index < columns; index++) vector[index]! /= length;
  }
  return { data: scaled, rows, columns };
}
