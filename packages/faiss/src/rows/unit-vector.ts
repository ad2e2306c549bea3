import { types } from "node:util";
import { awaitHint } from "@embeddinggemma/internal";
import { FaissStoreError, show } from "../errors.ts";
import type { Vector } from "../types.ts";

/**
 * A vector whose length is this close to 1 is a unit vector, and is stored unchanged. Rounding a
 * unit vector of 4096 numbers to float32 stays below it.
 */
const unitTolerance = 1e-6;

/** Whether a value has one of the types of a vector, in any realm, such as that of Jest's tests. */
export function isVector(value: unknown): value is Vector {
  return (
    types.isFloat32Array(value) ||
    types.isFloat64Array(value) ||
    (Array.isArray(value) && (value.length === 0 || typeof value[0] !== "object"))
  );
}

/** Completes "A vector must be …". */
export const vectorForm = "a Float32Array, a Float64Array or an array of numbers";

/** The end of an error about what is no vector: advice, if it will be one. */
export function awaitAdvice(given: unknown): string {
  const hint = awaitHint(given);
  return hint === undefined ? "" : ` ${hint}`;
}

/**
 * Writes a vector to the target, divided by its length.
 *
 * @param what - names the vector in errors, such as `the query`
 * @throws FaissStoreError `DIMENSION_MISMATCH`, `INVALID_VECTOR`, `INVALID_ARGUMENT`
 */
export function writeUnitVector(vector: Vector, target: Float32Array, what: () => string): void {
  if (!isVector(vector)) {
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `A vector must be ${vectorForm}, but ${what()} is ${show(vector)}.${awaitAdvice(vector)}`,
    );
  }
  if (vector.length !== target.length) {
    throw new FaissStoreError(
      "DIMENSION_MISMATCH",
      `The store has vectors of ${target.length} numbers, but ${what()} has ${vector.length}. ` +
        "Use the embedding model and the truncation that made the store.",
      { expected: target.length, given: vector.length },
    );
  }
  let largest = 0;
  let squares = 0;
  for (let position = 0; position < vector.length; position++) {
    const value = vector[position]!;
    if (!Number.isFinite(value)) {
      throw new FaissStoreError(
        "INVALID_VECTOR",
        `The numbers of a vector must be finite, but ${what()} has ${show(value)} ` +
          `at position ${position}.`,
        { position, value },
      );
    }
    const magnitude = Math.abs(value);
    if (magnitude > largest) largest = magnitude;
    squares += value * value;
  }
  if (largest === 0) {
    throw new FaissStoreError(
      "INVALID_VECTOR",
      `A vector of zeros has no cosine, but ${what()} has only zeros. ` +
        "Leave it out, or embed a text that is not empty.",
    );
  }
  if (Math.abs(Math.sqrt(squares) - 1) <= unitTolerance) {
    target.set(vector);
    return;
  }
  // The squares of very large or very small numbers do not fit a float64, so all numbers are
  // divided by the largest first.
  const norm =
    squares > 1e-280 && squares < 1e280
      ? Math.sqrt(squares)
      : largest * scaledNorm(vector, largest);
  if (norm > 1e-280 && norm < 1e280) {
    for (let position = 0; position < vector.length; position++)
      target[position] = vector[position]! / norm;
    return;
  }
  const scaled = scaledNorm(vector, largest);
  for (let position = 0; position < vector.length; position++)
    target[position] = vector[position]! / largest / scaled;
}

function scaledNorm(vector: Vector, largest: number): number {
  let squares = 0;
  for (const value of vector) squares += (value / largest) ** 2;
  return Math.sqrt(squares);
}
