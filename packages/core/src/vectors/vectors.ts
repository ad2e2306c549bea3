/** A vector: an array or typed array of numbers. */
export type Vector = ArrayLike<number>;

/**
 * Divides a vector by its Euclidean length, in place. As in PyTorch's `normalize`, the length is
 * taken as at least 1e-12.
 */
export function normalizeInPlace(vector: Float32Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.max(Math.sqrt(squares), 1e-12);
  for (let index = 0; index < vector.length; index++) vector[index]! /= length;
}

/** Leaves a vector of unit length as it is: most graphs of models with Normalize give these. */
export function normalizeUnlessUnit(vector: Float32Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (Math.abs(squares - 1) > 1e-5) normalizeInPlace(vector);
}

/** @param tolerance - largest difference of the vectors, relative to the length of the second */
export function areClose(a: Float32Array, b: Float32Array, tolerance: number): boolean {
  const difference = a.map((value, index) => value - b[index]!);
  return Math.hypot(...difference) <= tolerance * Math.hypot(...b);
}

/** The type of a typed array, in any realm, such as that of Jest's tests. */
export function typedArrayName(value: unknown): string | undefined {
  return ArrayBuffer.isView(value)
    ? (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag]
    : undefined;
}

/** Splits a contiguous array into rows of one length, which are views of it. */
export function rowsOf(data: Float32Array, dimension: number): Float32Array[] {
  return Array.from({ length: data.length / dimension }, (_, row) =>
    data.subarray(row * dimension, (row + 1) * dimension),
  );
}
