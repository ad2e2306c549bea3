import type { PoolingMode } from "../model/modules.ts";
import type { Batch } from "../runtime/backend.ts";

/**
 * Pools last hidden states into one vector a row, as `Pooling._forward_padded` of Sentence
 * Transformers 6.2 does. The results of several modes stand one after the other.
 *
 * @param hidden - last hidden states, `rows × length × hiddenSize`
 * @param unpooled - for each row, how many tokens at its start, special tokens counted, are left
 * out
 * @returns `rows × (modes.length × hiddenSize)`
 */
export function pool(
  hidden: Float32Array,
  batch: Batch,
  modes: readonly PoolingMode[],
  unpooled: readonly number[],
): Float32Array {
  const { rows, length } = batch;
  const hiddenSize = hidden.length / (rows * length);
  const width = modes.length * hiddenSize;
  const pooled = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const span = tokenSpan(batch, row);
    const first = Math.min(span.first + (unpooled[row] ?? 0), length);
    modes.forEach((mode, index) => {
      const start = row * width + index * hiddenSize;
      const target = pooled.subarray(start, start + hiddenSize);
      const states = hidden.subarray(row * length * hiddenSize, (row + 1) * length * hiddenSize);
      poolRow[mode](states, { ...span, first }, span.first, target);
    });
  }
  return pooled;
}

/** First and last position of a row's tokens, `last` exclusive. */
interface Span {
  first: number;
  last: number;
}

function tokenSpan({ length, attentionMask }: Batch, row: number): Span {
  const mask = attentionMask.subarray(row * length, (row + 1) * length);
  return { first: mask.indexOf(1n), last: mask.lastIndexOf(1n) + 1 };
}

type PoolRow = (states: Float32Array, span: Span, firstToken: number, target: Float32Array) => void;

const poolRow: Readonly<Record<PoolingMode, PoolRow>> = {
  cls(states, { first, last }, _firstToken, target) {
    // The reference takes the first unmasked position, which is position 0 where the prompt masks
    // everything.
    copyState(states, first < last ? first : 0, target);
  },
  max(states, span, _firstToken, target) {
    target.fill(Number.NEGATIVE_INFINITY);
    eachState(states, span, target.length, (value, index) => {
      if (value > target[index]!) target[index] = value;
    });
  },
  mean(states, span, _firstToken, target) {
    weightedSum(
      states,
      span,
      target,
      () => 1,
      (weights) => weights,
    );
  },
  mean_sqrt_len_tokens(states, span, _firstToken, target) {
    weightedSum(states, span, target, () => 1, Math.sqrt);
  },
  weightedmean(states, span, firstToken, target) {
    weightedSum(
      states,
      span,
      target,
      (position) => position - firstToken + 1,
      (weights) => weights,
    );
  },
  lasttoken(states, { first, last }, _firstToken, target) {
    if (first < last) copyState(states, last - 1, target);
  },
};

function copyState(states: Float32Array, position: number, target: Float32Array): void {
  target.set(states.subarray(position * target.length, (position + 1) * target.length));
}

function eachState(
  states: Float32Array,
  { first, last }: Span,
  size: number,
  visit: (value: number, index: number, position: number) => void,
): void {
  for (let position = first; position < last; position++) {
    for (let index = 0; index < size; index++)
      visit(states[position * size + index]!, index, position);
  }
}

function weightedSum(
  states: Float32Array,
  span: Span,
  target: Float32Array,
  weightOf: (position: number) => number,
  divisorOf: (sumOfWeights: number) => number,
): void {
  const sums = new Float64Array(target.length);
  let weights = 0;
  for (let position = span.first; position < span.last; position++) weights += weightOf(position);
  eachState(states, span, target.length, (value, index, position) => {
    sums[index]! += value * weightOf(position);
  });
  const divisor = divisorOf(Math.max(weights, 1e-9));
  target.set(sums.map((sum) => sum / divisor));
}
