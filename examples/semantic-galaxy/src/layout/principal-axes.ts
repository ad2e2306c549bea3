/** Two directions along which vectors differ most, and the middle of the vectors. */
export interface PrincipalAxes {
  readonly mean: Float32Array;
  readonly axes: readonly [Float32Array, Float32Array];
}

/** Finds them by power iteration, which is exact enough for a first place in a picture. */
export function findPrincipalAxes(rows: Float32Array, width: number): PrincipalAxes {
  const count = rows.length / width;
  const mean = new Float32Array(width);
  for (let at = 0; at < rows.length; at++) mean[at % width]! += rows[at]! / count;
  const centered = rows.map((number, at) => number - mean[at % width]!);
  const first = strongestAxis(centered, width, undefined);
  return { mean, axes: [first, strongestAxis(centered, width, first)] };
}

/** Where a row is on the two axes. */
export function project(row: Float32Array, { mean, axes }: PrincipalAxes): [number, number] {
  let x = 0;
  let y = 0;
  for (let at = 0; at < row.length; at++) {
    const number = row[at]! - mean[at]!;
    x += number * axes[0][at]!;
    y += number * axes[1][at]!;
  }
  return [x, y];
}

/** @param other - an axis to which the new one is at a right angle */
function strongestAxis(
  rows: Float32Array,
  width: number,
  other: Float32Array | undefined,
): Float32Array {
  let axis = Float32Array.from({ length: width }, (_, at) => Math.sin(at + 1));
  for (let iteration = 0; iteration < 30; iteration++) {
    const next = new Float32Array(width);
    for (let start = 0; start < rows.length; start += width) {
      const row = rows.subarray(start, start + width);
      const product = inner(row, axis);
      for (let at = 0; at < width; at++) next[at]! += product * row[at]!;
    }
    if (other) {
      const product = inner(next, other);
      for (let at = 0; at < width; at++) next[at]! -= product * other[at]!;
    }
    const length = Math.sqrt(inner(next, next)) || 1;
    axis = next.map((number) => number / length);
  }
  return axis;
}

function inner(left: Float32Array, right: Float32Array): number {
  let product = 0;
  for (let at = 0; at < left.length; at++) product += left[at]! * right[at]!;
  return product;
}
