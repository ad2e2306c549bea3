import { invalidArgument } from "../check.ts";
import { EmbeddingGemmaError } from "../errors.ts";
import { checkVector, checkVectors } from "./check-vectors.ts";
import { numbersOf } from "./quantized-numbers.ts";
import type { Vector } from "./vectors.ts";

/** How two vectors are compared, named as in Sentence Transformers. */
export type SimilarityFunction = "cosine" | "dot" | "euclidean" | "manhattan";

/**
 * Compares every vector of `a` with every vector of `b`, as `SentenceTransformer.similarity` does.
 * Higher is always more similar: `euclidean` and `manhattan` give negative distances. Vectors that
 * `quantizeEmbeddings` returned are compared by the numbers that they stand for.
 *
 * @param a - one vector or several
 * @param b - one vector or several, of the same length
 * @param similarityFunction - default `"cosine"`
 * @returns one row for each vector of `a`, one column for each of `b`
 * @throws `INVALID_ARGUMENT` for an unknown `similarityFunction`, anything but vectors of finite
 * numbers, vectors of different lengths, and other arrays of bytes, whose meaning is not known
 */
export function similarity(
  a: Vector | readonly Vector[],
  b: Vector | readonly Vector[],
  similarityFunction: SimilarityFunction = "cosine",
): number[][] {
  if (!Object.hasOwn(comparisons, similarityFunction)) {
    const expected = `one of ${Object.keys(comparisons).join(", ")}`;
    throw invalidArgument("similarityFunction", similarityFunction, expected);
  }
  const { compare, scaleOf = () => 1 } = comparisons[similarityFunction];
  const rows = vectorsOf(a, "a");
  const columns = vectorsOf(b, "b").map((vector) => ({ vector, scale: scaleOf(vector) }));
  return rows.map((left, row) => {
    const scale = scaleOf(left);
    return columns.map((right, column) => {
      if (left.length === right.vector.length)
        return compare(left, right.vector) * scale * right.scale;
      throw new EmbeddingGemmaError(
        "INVALID_ARGUMENT",
        `a[${row}] has ${left.length} dimensions, but b[${column}] has ${right.vector.length}. ` +
          "Embed both with the same model and truncateDim.",
        { dimensions: [left.length, right.vector.length] },
      );
    });
  });
}

function vectorsOf(value: Vector | readonly Vector[], name: string): readonly Vector[] {
  return Array.isArray(value) && typeof value[0] !== "number"
    ? checkVectors(value, name).map((vector, index) => numbersOf(vector, `${name}[${index}]`))
    : [numbersOf(checkVector(value, name), name)];
}

interface Comparison {
  compare(a: Vector, b: Vector): number;
  /** Factor for all comparisons with a vector. @default 1 */
  scaleOf?(vector: Vector): number;
}

const comparisons: Readonly<Record<SimilarityFunction, Comparison>> = {
  // As in PyTorch's `normalize`, the length is taken as at least 1e-12. So the cosine of the zero
  // vector with any vector is 0.
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
