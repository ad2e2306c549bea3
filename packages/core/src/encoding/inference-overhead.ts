/**
 * The fixed cost of an inference on the CPU, in tokens. Most of it is reading the weights, which
 * takes as long for one token as for many. Fitted to EmbeddingGemma 300m's times for batches of
 * several shapes (`test/bench/batch-cost.mjs`):
 *
 * - fp32, and weights that are converted to it when the model loads: 24 on cores with AVX-512, less
 *   on slower cores, more on many cores.
 * - MatMulNBits, which keeps weights in 4 or 8 bits: 1 to 3 where it computes in int8, 14 where it
 *   computes in fp32. With 6, both lose less than 1%.
 *
 * Smaller models have a larger overhead, so for them this errs towards less padding.
 *
 * @param operators - operators of the graph as `domain:type`; undefined counts as fp32
 */
export function inferenceOverhead(operators: ReadonlySet<string> | undefined): number {
  return operators?.has("com.microsoft:MatMulNBits") ? 6 : 24;
}
