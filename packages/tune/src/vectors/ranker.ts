import type { SimilarityFunction } from "@embeddinggemma/core";
import { Pacer } from "@embeddinggemma/internal";
import { BestHits } from "./best-hits.ts";

/** How a {@link Ranker} compares vectors. */
export interface Comparison {
  readonly similarityFunction: SimilarityFunction;
  /** How many leading numbers of each vector count. */
  readonly dimension: number;
  /** Whether vectors are scaled to unit length first, after the cut to `dimension`. */
  readonly normalize: boolean;
}

/**
 * Finds the best documents for each query while the vectors of the corpus come in blocks. Memory is
 * bounded by the queries and `k`.
 *
 * Scores are rounded to float32, as PyTorch computes them. Equal scores are in the order of
 * `order`.
 */
export class Ranker {
  readonly #comparison: Comparison;
  readonly #scores: ScoreAll;
  readonly #best: readonly BestHits[];

  /**
   * @param queries - vectors of at least `comparison.dimension` numbers
   * @param order - place of each document among those with equal scores
   */
  constructor(
    queries: readonly Float32Array[],
    comparison: Comparison,
    { k, order }: { readonly k: number; readonly order: Int32Array },
  ) {
    this.#comparison = comparison;
    this.#scores = scorerOf(
      queries.map((vector) => prepared(vector, comparison)),
      comparison,
    );
    this.#best = queries.map(() => new BestHits(k, order));
  }

  /**
   * Compares documents with all queries. Gives the event loop its turn in between.
   *
   * @param first - index of the first one in the corpus
   */
  async add(
    vectors: readonly Float32Array[],
    first: number,
    signal?: AbortSignal | undefined,
  ): Promise<void> {
    const pacer = new Pacer();
    const scores = new Float32Array(this.#best.length);
    for (const [place, vector] of vectors.entries()) {
      if (pacer.due) {
        await pacer.pause();
        signal?.throwIfAborted();
      }
      this.#scores(prepared(vector, this.#comparison), scores);
      for (const [query, best] of this.#best.entries()) best.offer(first + place, scores[query]!);
    }
  }

  /** For each query, the indices of the best documents with their scores, best first. */
  rankings(): [index: number, score: number][][] {
    return this.#best.map((best) => best.sorted());
  }
}

/** Writes the score of every query into `scores`. */
type ScoreAll = (document: Float32Array, scores: Float32Array) => void;

/** The cosine needs no unit vectors, and the inner product of unit vectors is the cosine. */
function isCosine({ similarityFunction, normalize }: Comparison): boolean {
  return similarityFunction === "cosine" || (similarityFunction === "dot" && normalize);
}

/** A vector as it is compared: cut, and scaled if that changes scores. */
function prepared(vector: Float32Array, comparison: Comparison): Float32Array {
  const cut = vector.subarray(0, comparison.dimension);
  if (!comparison.normalize || isCosine(comparison)) return cut;
  const scale = 1 / lengthOf(cut);
  return cut.map((value) => value * scale);
}

function scorerOf(queries: readonly Float32Array[], comparison: Comparison): ScoreAll {
  const { similarityFunction } = comparison;
  const scoreProducts = productsWith(queries, comparison.dimension);
  if (isCosine(comparison)) {
    const scales = queries.map((query) => 1 / lengthOf(query));
    const products = new Float64Array(queries.length);
    return (document, scores) => {
      scoreProducts(document, products);
      const scale = 1 / lengthOf(document);
      for (let query = 0; query < scales.length; query++)
        scores[query] = products[query]! * scales[query]! * scale;
    };
  }
  if (similarityFunction === "dot") return scoreProducts;
  const distance = similarityFunction === "manhattan" ? manhattan : euclidean;
  return (document, scores) => {
    for (const [query, vector] of queries.entries()) scores[query] = -distance(vector, document);
  };
}

/**
 * Inner products with all queries. Four at once read each number of the document once, which takes
 * a third of the time. Each product is summed in the same order, so equal vectors get equal scores.
 */
function productsWith(
  queries: readonly Float32Array[],
  dimension: number,
): (document: Float32Array, products: Float64Array | Float32Array) => void {
  const packed = new Float64Array(queries.length * dimension);
  for (const [query, vector] of queries.entries()) packed.set(vector, query * dimension);
  return (document, products) => {
    let query = 0;
    for (; query + 4 <= queries.length; query += 4) {
      const start = query * dimension;
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let index = 0; index < dimension; index++) {
        const value = document[index]!;
        const place = start + index;
        a += value * packed[place]!;
        b += value * packed[place + dimension]!;
        c += value * packed[place + 2 * dimension]!;
        d += value * packed[place + 3 * dimension]!;
      }
      products[query] = a;
      products[query + 1] = b;
      products[query + 2] = c;
      products[query + 3] = d;
    }
    for (; query < queries.length; query++) {
      products[query] = dot(document, queries[query]!);
    }
  };
}

/** The sum of the products of numbers of two vectors of one length. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}

/** As in PyTorch's `normalize`, at least 1e-12. */
export function lengthOf(vector: Float32Array): number {
  let squares = 0;
  for (let index = 0; index < vector.length; index++) squares += vector[index]! ** 2;
  return Math.max(Math.sqrt(squares), 1e-12);
}

function euclidean(a: Float32Array, b: Float32Array): number {
  let squares = 0;
  for (let index = 0; index < a.length; index++) squares += (a[index]! - b[index]!) ** 2;
  return Math.sqrt(squares);
}

function manhattan(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += Math.abs(a[index]! - b[index]!);
  return sum;
}
