import { EmbeddingGemmaError, show } from "../errors.ts";
import type { Vector } from "./vectors.ts";

/**
 * @param name - what the vector is called in messages
 * @throws `INVALID_ARGUMENT` unless it is an array of finite numbers
 */
export function checkVector(vector: unknown, name: string): Vector {
  if (!isArrayLike(vector)) throw invalid(name, vector, "a vector, an array of numbers");
  for (let index = 0; index < vector.length; index++) {
    if (!Number.isFinite(vector[index]))
      throw invalid(`${name}[${index}]`, vector[index], "a finite number");
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
 * @param name - what the list is called in messages
 * @throws `INVALID_ARGUMENT` unless it is a list of arrays of finite numbers
 */
export function checkVectors(vectors: unknown, name: string): readonly Vector[] {
  if (!Array.isArray(vectors)) throw invalid(name, vectors, "a list of vectors");
  for (const [index, vector] of vectors.entries()) checkVector(vector, `${name}[${index}]`);
  return vectors;
}

function invalid(name: string, value: unknown, expected: string): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `${name} must be ${expected}; ${show(value)} was given.`,
    {
      [name]: value,
    },
  );
}
