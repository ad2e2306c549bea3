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
   * Adds the gradients of the matrices to `sums`.
   *
   * @param vectors - what the map was applied to
   * @param gradient - of its result
   */
  async addGradients(
    vectors: Matrix,
    gradient: Matrix,
    sums: readonly Float32Array[],
  ): Promise<void> {
    const [first, second] = this.matrices as [Matrix, Matrix?];
    if (second === undefined) {
      add(sums[0]!, await this.#product(vectors, gradient));
      return;
    }
    const inner = await this.#compute.multiply(vectors, first);
    add(sums[1]!, await this.#product(inner, gradient));
    const ofInner = await this.#compute.multiply(gradient, transpose(second));
    add(sums[0]!, await this.#product(vectors, ofInner));
  }

  #product(vectors: Matrix, gradient: Matrix): Promise<Matrix> {
    return this.#compute.multiply(vectors, gradient, { transposed: true });
  }
}

function add(sum: Float32Array, { data }: Matrix): void {
  for (let index = 0; index < data.length; index++) sum[index]! += data[index]!;
}
