/**
 * The nearest neighbors of unit vectors, exactly, kept up to date while vectors are added. Each new
 * vector is compared with all earlier ones: for 10,000 vectors of 128 numbers these are 6.4 billion
 * products, spread over the time in which the texts are embedded.
 */
export class NearestNeighbors {
  readonly #width: number;
  readonly #k: number;
  #rows: Float32Array;
  /** For each vector, its neighbors and their cosines, the nearest first. */
  #indices: Int32Array;
  #cosines: Float32Array;
  #count = 0;

  constructor(width: number, k: number) {
    this.#width = width;
    this.#k = k;
    this.#rows = new Float32Array(256 * width);
    this.#indices = new Int32Array(256 * k);
    this.#cosines = new Float32Array(256 * k);
  }

  get count(): number {
    return this.#count;
  }

  /** All vectors that were added, one after the other. */
  get rows(): Float32Array {
    return this.#rows.subarray(0, this.#count * this.#width);
  }

  row(index: number): Float32Array {
    return this.#rows.subarray(index * this.#width, (index + 1) * this.#width);
  }

  add(vector: Float32Array): void {
    this.#makeRoom();
    const width = this.#width;
    const own = this.#count++;
    this.#rows.set(vector, own * width);
    this.#indices.fill(-1, own * this.#k, (own + 1) * this.#k);
    this.#cosines.fill(-2, own * this.#k, (own + 1) * this.#k);
    const rows = this.#rows;
    for (let other = 0; other < own; other++) {
      const offset = other * width;
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let at = 0; at < width; at += 4) {
        a += vector[at]! * rows[offset + at]!;
        b += vector[at + 1]! * rows[offset + at + 1]!;
        c += vector[at + 2]! * rows[offset + at + 2]!;
        d += vector[at + 3]! * rows[offset + at + 3]!;
      }
      const cosine = a + b + c + d;
      this.#offer(own, other, cosine);
      this.#offer(other, own, cosine);
    }
  }

  /** The neighbors of a vector, the nearest first. */
  of(index: number): { indices: number[]; cosines: number[] } {
    const from = index * this.#k;
    const to = from + Math.min(this.#k, this.#count - 1);
    return {
      indices: [...this.#indices.subarray(from, to)],
      cosines: [...this.#cosines.subarray(from, to)],
    };
  }

  #offer(index: number, neighbor: number, cosine: number): void {
    const from = index * this.#k;
    let at = from + this.#k - 1;
    if (cosine <= this.#cosines[at]!) return;
    while (at > from && this.#cosines[at - 1]! < cosine) {
      this.#cosines[at] = this.#cosines[at - 1]!;
      this.#indices[at] = this.#indices[at - 1]!;
      at--;
    }
    this.#cosines[at] = cosine;
    this.#indices[at] = neighbor;
  }

  #makeRoom(): void {
    if ((this.#count + 1) * this.#width <= this.#rows.length) return;
    this.#rows = doubled(this.#rows, Float32Array);
    this.#indices = doubled(this.#indices, Int32Array);
    this.#cosines = doubled(this.#cosines, Float32Array);
  }
}

function doubled<T extends Float32Array | Int32Array>(
  numbers: T,
  Numbers: new (length: number) => T,
): T {
  const larger = new Numbers(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
