import { Pacer } from "@embeddinggemma/internal";
import { invalidData } from "../check.ts";

/** Vectors of one length, as rows of one array. */
export interface Matrix {
  readonly numbers: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** The documents nearest to one query, in descending order of score. */
export interface Nearest {
  /** Rows of the documents. */
  readonly documents: readonly number[];
  readonly scores: readonly number[];
}

/** Number of queries that pass over the documents together, so that each is read once for all. */
const blockSize = 8;

/**
 * @param name - of a row, for an error
 * @throws `DATA_INVALID` for vectors of different lengths and for numbers that are not finite
 */
export function matrixOf(vectors: readonly Float32Array[], name: string): Matrix {
  const columns = vectors[0]?.length ?? 0;
  const numbers = new Float32Array(vectors.length * columns);
  for (const [row, vector] of vectors.entries()) {
    if (vector.length !== columns) {
      const message = `The vector of ${name} ${row} has ${vector.length} numbers, and that of`;
      throw invalidData(`${message} ${name} 0 has ${columns}. Use one embedder for all.`, { row });
    }
    if (!vector.every(Number.isFinite)) {
      const message = `The vector of ${name} ${row} has numbers that are not finite.`;
      throw invalidData(`${message} Check the model and the cache.`, { row });
    }
    numbers.set(vector, row * columns);
  }
  return { numbers, rows: vectors.length, columns };
}

/** The inner product of a row of each of two matrices. */
export function score(a: Matrix, rowOfA: number, b: Matrix, rowOfB: number): number {
  const { columns } = a;
  const startOfA = rowOfA * columns;
  const startOfB = rowOfB * columns;
  let sum = 0;
  for (let at = 0; at < columns; at++) sum += a.numbers[startOfA + at]! * b.numbers[startOfB + at]!;
  return sum;
}

/**
 * Finds the `k` documents with the highest inner products for each query, by comparing all. Of
 * equal scores, the document with the lower row comes first.
 */
export async function* nearestDocuments(
  queries: Matrix,
  documents: Matrix,
  k: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Nearest> {
  const pacer = new Pacer();
  for (let start = 0; start < queries.rows; start += blockSize) {
    signal?.throwIfAborted();
    const size = Math.min(blockSize, queries.rows - start);
    const best = Array.from({ length: size }, () => new BestScores(k));
    for (let document = 0; document < documents.rows; document++) {
      for (let at = 0; at < size; at++)
        best[at]!.add(document, score(queries, start + at, documents, document));
      if ((document & 63) === 0 && pacer.due) {
        await pacer.pause();
        signal?.throwIfAborted();
      }
    }
    yield* best;
  }
}

/** The best so far, in order. */
class BestScores implements Nearest {
  readonly documents: number[] = [];
  readonly scores: number[] = [];
  readonly #k: number;

  constructor(k: number) {
    this.#k = k;
  }

  add(document: number, value: number): void {
    const { documents, scores } = this;
    let place = scores.length;
    if (place === this.#k) {
      if (!(value > scores[place - 1]!)) return;
      documents.pop();
      scores.pop();
      place--;
    }
    while (place > 0 && value > scores[place - 1]!) place--;
    documents.splice(place, 0, document);
    scores.splice(place, 0, value);
  }
}
