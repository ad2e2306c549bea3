import type { Backend, Batch } from "../runtime/backend.ts";

/** Limits of one inference. */
export interface BatchLimits {
  /**
   * Maximum number of tokens in a batch, padding included. A longer text gets a batch of its own.
   */
  readonly maxBatchTokens: number;
  /** Maximum number of texts in a batch. @default no limit */
  readonly batchSize?: number | undefined;
}

/** What an inference costs: `overhead` plus its tokens. A padding token counts as any other. */
export interface BatchCost {
  /** The fixed part, in tokens. See `inference-overhead.ts`. */
  readonly overhead: number;
}

/**
 * Limit of rows × length² in a batch, since attention needs memory for as many numbers: 256 MB per
 * head in float32.
 */
const maxAttentionCells = 2 ** 26;

/**
 * Packs sequences into batches of similar length, within the limits. Sorts them by length and finds
 * the cheapest way to cut them into batches, which never costs more than running them one by one or
 * in one batch. The longest come first: if memory runs out, it does so at the start and not at the
 * end of a long job.
 *
 * @param lengths - number of tokens of every sequence
 * @returns indices into `lengths`, one array per batch
 */
export function packBatches(
  lengths: readonly number[],
  limits: BatchLimits,
  { overhead }: BatchCost,
): number[][] {
  const longestFirst = lengths
    .map((_, index) => index)
    .sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const sorted = longestFirst.map((index) => Math.max(lengths[index]!, 1));
  const firstOfLength = firstOccurrences(sorted);
  // For the first `end` sequences: the lowest cost of their batches, and the start of the last one.
  const leastCost = new Float64Array(sorted.length + 1).fill(Number.POSITIVE_INFINITY, 1);
  const startOfLast = new Uint32Array(sorted.length + 1);
  for (let end = 1; end <= sorted.length; end++) {
    // Of all starts with the same length, the first that fits is the best: leaving a sequence to
    // the previous batch saves nothing. So this takes one step per different length, not per row.
    for (let last = end - 1; last >= 0; last = firstOfLength[last]! - 1) {
      const longest = sorted[last]!;
      const start = Math.max(firstOfLength[last]!, end - maxRows(longest, limits));
      if (start > last) break;
      const cost = leastCost[start]! + overhead + (end - start) * longest;
      if (cost >= leastCost[end]!) continue;
      leastCost[end] = cost;
      startOfLast[end] = start;
    }
  }
  const batches: number[][] = [];
  for (let end = sorted.length; end > 0; end = startOfLast[end]!) {
    batches.push(longestFirst.slice(startOfLast[end], end));
  }
  return batches.reverse();
}

/** For each of the sorted numbers, the index at which it occurs first. */
function firstOccurrences(sorted: readonly number[]): Uint32Array {
  const firsts = new Uint32Array(sorted.length);
  for (let index = 1; index < sorted.length; index++) {
    firsts[index] = sorted[index] === sorted[index - 1] ? firsts[index - 1]! : index;
  }
  return firsts;
}

function maxRows(
  length: number,
  { maxBatchTokens, batchSize = Number.POSITIVE_INFINITY }: BatchLimits,
): number {
  const rows = Math.min(maxBatchTokens / length, maxAttentionCells / length ** 2, batchSize);
  return Math.max(Math.floor(rows), 1);
}

/** Pads sequences to one length, on the side that the tokenizer uses. */
export function padBatch(
  sequences: readonly (readonly number[])[],
  { id, side }: Backend["padding"],
): Batch {
  const rows = sequences.length;
  const length = sequences.reduce((longest, sequence) => Math.max(longest, sequence.length), 0);
  const inputIds = new BigInt64Array(rows * length).fill(BigInt(id));
  const attentionMask = new BigInt64Array(rows * length);
  sequences.forEach((sequence, row) => {
    const start = row * length + (side === "left" ? length - sequence.length : 0);
    sequence.forEach((token, index) => {
      inputIds[start + index] = BigInt(token);
    });
    attentionMask.fill(1n, start, start + sequence.length);
  });
  return { rows, length, inputIds, attentionMask };
}
