import { invalidArgument } from "../check.ts";
import { EmbeddingGemmaError } from "../errors.ts";
import type { Vector } from "./vectors.ts";

/**
 * @param name - name of the vector in error messages
 * @throws `INVALID_ARGUMENT` unless it is an array of finite numbers that is not empty
 */
export function checkVector(vector: unknown, name: string): Vector {
  if (!isArrayLike(vector)) throw invalidArgument(name, vector, "a vector, an array of numbers");
  if (vector.length === 0) throw invalidArgument(name, vector, "a vector with at least one number");
  for (let index = 0; index < vector.length; index++) {
    if (!Number.isFinite(vector[index]))
      throw invalidArgument(`${name}[${index}]`, vector[index], "a finite number");
  }
  return vector as Vector;
}

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    Number.isInteger((value as ArrayLike<unknown>).length)
  );
}

/**
 * @param name - name of the vectors in error messages
 * @throws `INVALID_ARGUMENT` unless it is an array of arrays of finite numbers
 */
export function checkVectors(vectors: unknown, name: string): readonly Vector[] {
  if (!Array.isArray(vectors)) throw invalidArgument(name, vectors, "an array of vectors");
  for (const [index, vector] of vectors.entries()) checkVector(vector, `${name}[${index}]`);
  return vectors;
}

/** @throws `INVALID_ARGUMENT` unless all vectors have this length */
export function checkLengths(vectors: readonly Vector[], length: number, name: string): void {
  for (const [index, vector] of vectors.entries()) {
    if (vector.length === length) continue;
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      "All vectors must have the same length; " +
        `${name}[${index}] has ${vector.length} numbers instead of ${length}.`,
      { index, given: vector.length, expected: length },
    );
  }
}
