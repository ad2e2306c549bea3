/** Euclidean length. */
export function norm(vector: Float32Array): number {
  return Math.sqrt(innerProduct(vector, vector));
}

/** For unit vectors, this is their cosine. Both must have the same length. */
export function innerProduct(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += one[index]! * other[index]!;
  return sum;
}
