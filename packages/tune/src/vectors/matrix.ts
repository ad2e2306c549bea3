/** Numbers in rows, one after the other. */
export interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

export function zeros(rows: number, columns: number): Matrix {
  return { data: new Float32Array(rows * columns), rows, columns };
}

/** @param columns - the length of each vector */
export function matrixOf(vectors: readonly Float32Array[], columns: number): Matrix {
  const matrix = zeros(vectors.length, columns);
  for (const [row, vector] of vectors.entries()) matrix.data.set(vector, row * columns);
  return matrix;
}

/** Rows from `start` up to, but not including, `end`, not copied. */
export function rowsBetween({ data, columns }: Matrix, start: number, end: number): Matrix {
  return { data: data.subarray(start * columns, end * columns), rows: end - start, columns };
}

/** Copies of some rows, in this order. */
export function rowsAt({ data, columns }: Matrix, rows: readonly number[]): Matrix {
  const vectors = rows.map((row) => data.subarray(row * columns, (row + 1) * columns));
  return matrixOf(vectors, columns);
}

export function transpose({ data, rows, columns }: Matrix): Matrix {
  const transposed = zeros(columns, rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      transposed.data[column * rows + row] = data[row * columns + column]!;
    }
  }
  return transposed;
}
