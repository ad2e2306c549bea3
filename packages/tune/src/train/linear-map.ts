import { type Matrix, transpose } from "../vectors/matrix.ts";
import type { Compute } from "./jax.ts";

/**
 * What is added to vectors, as a function of them: x·Δ with one matrix, or x·A·B with two of low
 * rank. Each is trained as one list of numbers.
 */
export class LinearMap {
  readonly matrices: readonly Matrix[];
  readonly #compute: Compute;

  constructor(compute: Compute, matrices: readonly Matrix[]) {
    this.#compute = compute;
    this.matrices = matrices;
  }

  /** x + x·Δ */
  async apply(vectors: Matrix): Promise<Matrix> {
    let change = vectors;
    for (const matrix of this.matrices) change = await this.#compute.multiply(change, matrix);
    const data = change.data;
    for (let index = 0; index < data.length; index++) data[index]! += vectors.data[index]!;
    return change;
  }

  /**
   * The gradients of the matrices, in new arrays.
   *
   * @param uses - what the map was applied to, each time, and the gradient of its result
   */
  async gradients(uses: readonly [vectors: Matrix, gradient: Matrix][]): Promise<Float32Array[]> {
    const sums: Float32Array[] = [];
    for (const [vectors, gradient] of uses) {
      for (const [which, more] of (await this.#gradientsOf(vectors, gradient)).entries()) {
        if (sums[which] === undefined) sums[which] = more;
        else add(sums[which], more);
      }
    }
    return sums;
  }

  async #gradientsOf(vectors: Matrix, gradient: Matrix): Promise<Float32Array[]> {
    const [first, second] = this.matrices as [Matrix, Matrix?];
    if (second === undefined) return [await this.#product(vectors, gradient)];
    const inner = await this.#compute.multiply(vectors, first);
    const ofSecond = await this.#product(inner, gradient);
    const ofInner = await this.#compute.multiply(gradient, transpose(second));
    return [await this.#product(vectors, ofInner), ofSecond];
  }

  async #product(vectors: Matrix, gradient: Matrix): Promise<Float32Array> {
    return (await this.#compute.multiply(vectors, gradient, { transposed: true })).data;
  }
}

function add(sum: Float32Array, more: Float32Array): void {
  for (let index = 0; index < sum.length; index++) sum[index]! += more[index]!;
}
