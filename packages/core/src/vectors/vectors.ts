/** One vector, in any array of numbers. */
export type Vector = ArrayLike<number>;

/**
 * Divides a vector by its Euclidean length, in place; as PyTorch's `normalize`, the length counts
 * as at least 1e-12.
 */
export function normalizeInPlace(vector: Float32Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.max(Math.sqrt(squares), 1e-12);
  for (let index = 0; index < vector.length; index++) vector[index]! /= length;
}

/** Rows of one length as views of the array that holds them all. */
export function rowsOf(data: Float32Array, dimension: number): Float32Array[] {
  return Array.from({ length: data.length / dimension }, (_, row) =>
    data.subarray(row * dimension, (row + 1) * dimension),
  );
}
