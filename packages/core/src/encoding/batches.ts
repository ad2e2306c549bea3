import type { Backend, Batch } from "../runtime/backend.ts";

/** Limits of one inference. */
export interface BatchLimits {
  /**
   * Most tokens in a batch, padding included; a single longer text still makes a batch of its own.
   */
  readonly maxBatchTokens: number;
}

/**
 * What an inference costs before its first token, in tokens: a padding token costs as much as a
 * real one, and reading the weights as much as some tokens. It is where the line through the times
 * of a small and a large batch meets zero, for a graph of EmbeddingGemma 300m's shape on a CPU. On
 * a smaller model it is more, so this errs towards less padding.
 */
const inferenceOverhead = 24;

/**
 * Attention takes memory by rows × length²; at this many cells (256 MB a head in float32) a batch
 * is full.
 */
const maxAttentionCells = 2 ** 26;

/**
 * Packs sequences into batches of nearly equal lengths under the limits: of all ways to cut the
 * sequences, sorted by length, the one that costs least, so never more than one at a time nor all
 * at once. Longest first, so that the batches that take the most memory run at once and not at the
 * end of a long job.
 *
 * @param lengths - token count of every sequence
 * @returns indices into `lengths`, one array a batch
 */
export function packBatches(
  lengths: readonly number[],
  { maxBatchTokens }: BatchLimits,
): number[][] {
  const longestFirst = lengths
    .map((_, index) => index)
    .sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const sorted = longestFirst.map((index) => Math.max(lengths[index]!, 1));
  const firstOfLength = firstOccurrences(sorted);
  // For each count of sequences from the longest on: the least cost of their batches, and where the
  // last of these starts.
  const leastCost = new Float64Array(sorted.length + 1).fill(Number.POSITIVE_INFINITY, 1);
  const startOfLast = new Uint32Array(sorted.length + 1);
  for (let end = 1; end <= sorted.length; end++) {
    // Among starts of one length the first that fits is best: to leave a sequence to the batch
    // before saves nothing. So the steps are as many as there are different lengths in a batch, not
    // as many as rows.
    for (let last = end - 1; last >= 0; last = firstOfLength[last]! - 1) {
      const longest = sorted[last]!;
      const start = Math.max(firstOfLength[last]!, end - maxRows(longest, maxBatchTokens));
      if (start > last) break;
      const cost = leastCost[start]! + inferenceOverhead + (end - start) * longest;
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

/** For each of the sorted numbers, where its like occurs first. */
function firstOccurrences(sorted: readonly number[]): Uint32Array {
  const firsts = new Uint32Array(sorted.length);
  for (let index = 1; index < sorted.length; index++) {
    firsts[index] = sorted[index] === sorted[index - 1] ? firsts[index - 1]! : index;
  }
  return firsts;
}

function maxRows(length: number, maxBatchTokens: number): number {
  return Math.max(
    Math.floor(Math.min(maxBatchTokens / length, maxAttentionCells / length ** 2)),
    1,
  );
}

/** Makes one rectangle of the sequences, padded on the tokenizer's side. */
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
