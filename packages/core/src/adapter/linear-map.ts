import type { AdapterMatrices } from "./adapter-parts.ts";

/**
 * Computes x + x·Δ for a vector. Sums are in double precision, and rounded once.
 *
 * @returns a new vector
 */
export function applyMatrices(matrices: AdapterMatrices, vector: Float32Array): Float32Array {
  const sums = Float64Array.from(vector);
  if (matrices.rank === null) {
    addProduct(vector, matrices.delta, sums);
  } else {
    const inner = new Float64Array(matrices.rank);
    addProduct(vector, matrices.a, inner);
    addProduct(inner, matrices.b, sums);
  }
  return Float32Array.from(sums);
}

/** Δ as one matrix, row by row. */
export function deltaOf(matrices: AdapterMatrices, dimension: number): Float32Array {
  if (matrices.rank === null) return matrices.delta.slice();
  const { rank, a, b } = matrices;
  const delta = new Float32Array(dimension * dimension);
  for (let row = 0; row < dimension; row++) {
    const sums = new Float64Array(dimension);
    addProduct(a.subarray(row * rank, (row + 1) * rank), b, sums);
    delta.set(sums, row * dimension);
  }
  return delta;
}

/**
 * Adds x·M to sums. Four rows of the matrix at once, in the order in which they lie in memory: each
 * sum is then read and written a quarter as often.
 */
function addProduct(x: Float32Array | Float64Array, matrix: Float32Array, sums: Float64Array) {
  const rows = x.length;
  const columns = sums.length;
  const whole = rows - (rows % 4);
  for (let row = 0; row < whole; row += 4) {
    const x0 = x[row]!;
    const x1 = x[row + 1]!;
    const x2 = x[row + 2]!;
    const x3 = x[row + 3]!;
    const at0 = row * columns;
    const at1 = at0 + columns;
    const at2 = at1 + columns;
    const at3 = at2 + columns;
    for (let column = 0; column < columns; column++) {
      sums[column]! +=
        x0 * matrix[at0 + column]! +
        x1 * matrix[at1 + column]! +
        x2 * matrix[at2 + column]! +
        x3 * matrix[at3 + column]!;
    }
  }
  for (let row = whole; row < rows; row++) {
    const x0 = x[row]!;
    const at0 = row * columns;
    for (let column = 0; column < columns; column++) sums[column]! += x0 * matrix[at0 + column]!;
  }
}
