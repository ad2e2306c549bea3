import type { Backend, Batch } from "./backend.ts";

/** Limits of one inference. */
export interface BatchLimits {
  /** Most tokens in a batch, padding included; a single longer text still makes a batch of its own. */
  readonly maxBatchTokens: number;
}

/**
 * More than this part of padding in a batch costs more than a batch of its own: inference is bound by arithmetic, and a padding token
 * costs as much as a real one.
 */
const maxPadding = 1 / 8;

/** Attention takes memory by rows × length²; at this many cells (256 MB a head in float32) a batch is full. */
const maxAttentionCells = 2 ** 26;

/**
 * Packs sequences into batches of nearly equal lengths under the limits. Longest first, so that the batch that takes the most
 * memory runs at once and not at the end of a long job.
 *
 * @param lengths - token count of every sequence
 * @returns indices into `lengths`, one array a batch
 */
export function packBatches(lengths: readonly number[], { maxBatchTokens }: BatchLimits): number[][] {
  const longestFirst = lengths.map((_, index) => index).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  let longest = 0;
  let tokens = 0;
  for (const index of longestFirst) {
    const length = lengths[index]!;
    const rows = batch.length + 1;
    const padded = rows * longest;
    const full =
      padded > maxBatchTokens ||
      padded - tokens - length > padded * maxPadding ||
      rows * longest * longest > maxAttentionCells;
    if (batch.length === 0 || full) {
      batch = [];
      batches.push(batch);
      longest = length;
      tokens = 0;
    }
    batch.push(index);
    tokens += length;
  }
  return batches;
}

/** Makes one rectangle of the sequences, padded on the tokenizer's side. */
export function padBatch(sequences: readonly (readonly number[])[], { id, side }: Backend["padding"]): Batch {
  const rows = sequences.length;
  const length = Math.max(...sequences.map((sequence) => sequence.length));
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
