import { EmbeddingGemmaError, show } from "../errors.ts";
import { checkVector, checkVectors } from "./check-vectors.ts";
import type { Vector } from "./vectors.ts";

/** How Sentence Transformers compares two vectors of the model. */
export type SimilarityFunction = "cosine" | "dot" | "euclidean" | "manhattan";

/**
 * Compares every vector of `a` with every vector of `b`, as `SentenceTransformer.similarity` does:
 * `cosine` and `dot` as they are, `euclidean` and `manhattan` as negated distances, so that higher
 * is always more similar.
 *
 * @param a - one vector or several
 * @param b - one vector or several, of the same length
 * @param similarityFunction - default `"cosine"`
 * @returns one row for each vector of `a`, one column for each of `b`
 * @throws `INVALID_ARGUMENT` for what is no vector of finite numbers, and where two vectors differ in
 * length; `INVALID_ARGUMENT` for an unknown `similarityFunction`
 */
export function similarity(
  a: Vector | readonly Vector[],
  b: Vector | readonly Vector[],
  similarityFunction: SimilarityFunction = "cosine",
): number[][] {
  if (!Object.hasOwn(comparisons, similarityFunction)) {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      `similarityFunction must be one of ${Object.keys(comparisons).join(", ")}; ${show(similarityFunction)} was given.`,
      { similarityFunction },
    );
  }
  const { compare, scaleOf = () => 1 } = comparisons[similarityFunction];
  const rows = vectorsOf(a, "a");
  const columns = vectorsOf(b, "b").map((vector) => ({ vector, scale: scaleOf(vector) }));
  return rows.map((left) => {
    const scale = scaleOf(left);
    return columns.map((right) => {
      if (left.length === right.vector.length)
        return compare(left, right.vector) * scale * right.scale;
      throw new EmbeddingGemmaError(
        "INVALID_ARGUMENT",
        `Vectors of ${left.length} and ${right.vector.length} numbers cannot be compared. Embed both with one model and one truncateDim.`,
        { dimensions: [left.length, right.vector.length] },
      );
    });
  });
}

function vectorsOf(value: Vector | readonly Vector[], name: string): readonly Vector[] {
  return Array.isArray(value) && typeof value[0] !== "number"
    ? checkVectors(value, name)
    : [checkVector(value, name)];
}

interface Comparison {
  compare(a: Vector, b: Vector): number;
  /** A factor of all comparisons with a vector. @default 1 */
  scaleOf?(vector: Vector): number;
}

const comparisons: Readonly<Record<SimilarityFunction, Comparison>> = {
  // As PyTorch's `normalize`: a length of at least 1e-12, so that the zero vector is at right
  // angles to all.
  cosine: {
    compare: dot,
    scaleOf: (vector) => 1 / Math.max(Math.sqrt(dot(vector, vector)), 1e-12),
  },
  dot: { compare: dot },
  euclidean: { compare: (a, b) => -Math.sqrt(sum(a, b, (x, y) => (x - y) ** 2)) },
  manhattan: { compare: (a, b) => -sum(a, b, (x, y) => Math.abs(x - y)) },
};

function dot(a: Vector, b: Vector): number {
  let total = 0;
  for (let index = 0; index < a.length; index++) total += a[index]! * b[index]!;
  return total;
}

function sum(a: Vector, b: Vector, term: (x: number, y: number) => number): number {
  let total = 0;
  for (let index = 0; index < a.length; index++) total += term(a[index]!, b[index]!);
  return total;
}
