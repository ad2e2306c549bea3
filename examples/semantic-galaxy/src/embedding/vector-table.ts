export const dimension = 768;
export type Dimension = 768 | 512 | 256 | 128;
/** The lengths that the model was trained for (Matryoshka), the longest first. */
export const dimensions: readonly Dimension[] = [768, 512, 256, 128];

export interface Hit {
  readonly index: number;
  readonly cosine: number;
}

/** Unit vectors, a row for each text, and the lengths of their first 512, 256 and 128 numbers. */
export class VectorTable {
  #numbers = new Float32Array(256 * dimension);
  #lengths = new Float32Array(256 * dimensions.length);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  append(rows: Float32Array): void {
    const added = rows.length / dimension;
    this.#numbers = withRoom(this.#numbers, (this.#count + added) * dimension);
    this.#lengths = withRoom(this.#lengths, (this.#count + added) * dimensions.length);
    this.#numbers.set(rows, this.#count * dimension);
    for (let row = 0; row < added; row++) {
      const vector = rows.subarray(row * dimension, (row + 1) * dimension);
      const at = (this.#count + row) * dimensions.length;
      for (const [column, count] of dimensions.entries()) {
        this.#lengths[at + column] = lengthOf(vector, count);
      }
    }
    this.#count += added;
  }

  /** The rows from `from` to `to`, as views. */
  rows(from: number, to: number): Float32Array {
    return this.#numbers.subarray(from * dimension, to * dimension);
  }

  /** Forgets the rows from `count` on. */
  truncate(count: number): void {
    this.#count = Math.min(this.#count, count);
  }

  /** The `k` rows with the highest cosines to a vector; only the first `count` numbers count. */
  search(vector: Float32Array, count: Dimension, k: number, except = -1): Hit[] {
    const column = dimensions.indexOf(count);
    const length = lengthOf(vector, count) || 1;
    const best: Hit[] = [];
    for (let index = 0; index < this.#count; index++) {
      if (index === except) continue;
      const offset = index * dimension;
      let product = 0;
      for (let at = 0; at < count; at++) product += vector[at]! * this.#numbers[offset + at]!;
      const cosine = product / (length * (this.#lengths[index * dimensions.length + column]! || 1));
      if (best.length < k || cosine > best[best.length - 1]!.cosine) {
        if (best.length === k) best.pop();
        best.splice(placeOf(cosine, best), 0, { index, cosine });
      }
    }
    return best;
  }
}

/** The cosine of the first `count` numbers of two vectors. */
export function cosine(left: Float32Array, right: Float32Array, count: number): number {
  let product = 0;
  for (let at = 0; at < count; at++) product += left[at]! * right[at]!;
  return product / (lengthOf(left, count) * lengthOf(right, count) || 1);
}

function lengthOf(vector: Float32Array, count: number): number {
  let squares = 0;
  for (let at = 0; at < count; at++) squares += vector[at]! ** 2;
  return Math.sqrt(squares);
}

/** Where a cosine belongs among hits in falling order; behind equal ones. */
function placeOf(cosine: number, hits: readonly Hit[]): number {
  let low = 0;
  let high = hits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hits[middle]!.cosine >= cosine) low = middle + 1;
    else high = middle;
  }
  return low;
}

function withRoom(numbers: Float32Array<ArrayBuffer>, needed: number): Float32Array<ArrayBuffer> {
  if (numbers.length >= needed) return numbers;
  const larger = new Float32Array(Math.max(needed, numbers.length * 2));
  larger.set(numbers);
  return larger;
}
