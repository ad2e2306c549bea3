import type { Matrix } from "./jax.ts";

/** Copies of some rows, in this order. */
export function rowsAt({ data, columns }: Matrix, rows: readonly number[]): Matrix {
  const chosen = new Float32Array(rows.length * columns);
  for (const [index, row] of rows.entries()) {
    chosen.set(data.subarray(row * columns, (row + 1) * columns), index * columns);
  }
  return { data: chosen, rows: rows.length, columns };
}
