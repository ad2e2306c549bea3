import type { Backend, Batch } from "./backend.ts";

/** Limits of one inference. */
export interface BatchLimits {
  /** Most tokens in a batch, padding included; a single longer text still makes a batch of its own. */
  readonly maxBatchTokens: number;
}

/**
 * What an inference costs before its first token, in tokens: a padding token costs as much as a real one, and reading the weights as
 * much as some tokens. Measured on a graph of EmbeddingGemma 300m's shape: 23 ms for 1 × 8 tokens, 382 ms for 16 × 32. On a
 * smaller model it is more, so this errs towards less padding.
 */
const inferenceOverhead = 24;

/** Attention takes memory by rows × length²; at this many cells (256 MB a head in float32) a batch is full. */
const maxAttentionCells = 2 ** 26;

/**
 * Packs sequences into batches of nearly equal lengths under the limits: of all ways to cut the sequences, sorted by length, the one that
 * costs least, so never more than one at a time nor all at once. Longest first, so that the batch that takes the most memory runs
 * at once and not at the end of a long job.
 *
 * @param lengths - token count of every sequence
 * @returns indices into `lengths`, one array a batch
 */
export function packBatches(lengths: readonly number[], { maxBatchTokens }: BatchLimits): number[][] {
  const longestFirst = lengths.map((_, index) => index).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  // For each count of sequences from the longest on: the least cost of their batches, and where the last of these starts.
  const leastCost = new Float64Array(lengths.length + 1);
  const startOfLast = new Uint32Array(lengths.length + 1);
  for (let end = 1; end <= lengths.length; end++) {
    leastCost[end] = Number.POSITIVE_INFINITY;
    for (let start = end - 1; start >= 0; start--) {
      const rows = end - start;
      const longest = Math.max(lengths[longestFirst[start]!]!, 1);
      if (rows > 1 && (rows * longest > maxBatchTokens || rows * longest ** 2 > maxAttentionCells)) break;
      const cost = leastCost[start]! + inferenceOverhead + rows * longest;
      if (cost >= leastCost[end]!) continue;
      leastCost[end] = cost;
      startOfLast[end] = start;
    }
  }
  const batches: number[][] = [];
  for (let end = lengths.length; end > 0; end = startOfLast[end]!) {
    batches.push(longestFirst.slice(startOfLast[end], end));
  }
  return batches.reverse();
}

/** Makes one rectangle of the sequences, padded on the tokenizer's side. */
export function padBatch(sequences: readonly (readonly number[])[], { id, side }: Backend["padding"]): Batch {
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
