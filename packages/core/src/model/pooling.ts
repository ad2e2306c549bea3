import type { Batch } from "../runtime/backend.ts";
import type { PoolingMode } from "./modules.ts";

/**
 * Pools last hidden states into one vector per row, as `Pooling._forward_padded` of Sentence
 * Transformers 6.2 does. The results of several modes are concatenated.
 *
 * @param hidden - last hidden states, `rows × length × hiddenSize`
 * @param unpooled - for each row, the number of tokens to leave out at its start; special tokens
 * count
 * @returns `rows × (modes.length × hiddenSize)`
 */
export function pool(
  hidden: Float32Array,
  batch: Batch,
  modes: readonly PoolingMode[],
  unpooled: readonly number[],
): Float32Array {
  const { rows, length, attentionMask } = batch;
  const size = hidden.length / (rows * length);
  const pooled = new Float32Array(rows * modes.length * size);
  for (let row = 0; row < rows; row++) {
    const states = hidden.subarray(row * length * size, (row + 1) * length * size);
    const mask = attentionMask.subarray(row * length, (row + 1) * length);
    const start = mask.indexOf(1n);
    const first = Math.min(start + (unpooled[row] ?? 0), length);
    const end = mask.lastIndexOf(1n) + 1;
    for (const [index, mode] of modes.entries()) {
      const offset = (row * modes.length + index) * size;
      const target = pooled.subarray(offset, offset + size);
      if (mode === "max") poolMaximum(states, first, end, target);
      else poolSum(states, sumOf[mode](first, end, start), target);
    }
  }
  return pooled;
}

/** A weighted sum of the states from `first` to `end`, exclusive, divided by `divisor`. */
interface StateSum {
  readonly first: number;
  readonly end: number;
  /** @default 1 */
  readonly weightOf?: (position: number) => number;
  /** @default 1 */
  readonly divisor?: number;
}

/** The sum of each mode. `first` is the first pooled token, `start` the first token of all. */
const sumOf: Readonly<
  Record<Exclude<PoolingMode, "max">, (first: number, end: number, start: number) => StateSum>
> = {
  cls(first, end) {
    // If the prompt leaves nothing to pool, Sentence Transformers takes position 0.
    const position = first < end ? first : 0;
    return { first: position, end: position + 1 };
  },
  lasttoken: (first, end) => ({ first: Math.max(first, end - 1), end }),
  mean: (first, end) => ({ first, end, divisor: end - first }),
  mean_sqrt_len_tokens: (first, end) => ({ first, end, divisor: Math.sqrt(end - first) }),
  weightedmean: (first, end, start) => ({
    first,
    end,
    weightOf: (position) => position - start + 1,
    divisor: ((end - first) * (first + end - 2 * start + 1)) / 2,
  }),
};

function poolSum(
  states: Float32Array,
  { first, end, weightOf = () => 1, divisor = 1 }: StateSum,
  target: Float32Array,
): void {
  // Without tokens, the vector stays zero.
  if (first >= end) return;
  const size = target.length;
  const sums = new Float64Array(size);
  for (let position = first; position < end; position++) {
    const weight = weightOf(position);
    const offset = position * size;
    for (let index = 0; index < size; index++) sums[index]! += states[offset + index]! * weight;
  }
  for (let index = 0; index < size; index++) target[index] = sums[index]! / divisor;
}

function poolMaximum(states: Float32Array, first: number, end: number, target: Float32Array): void {
  const size = target.length;
  target.fill(Number.NEGATIVE_INFINITY);
  for (let position = first; position < end; position++) {
    const offset = position * size;
    for (let index = 0; index < size; index++) {
      const value = states[offset + index]!;
      if (value > target[index]!) target[index] = value;
    }
  }
}
