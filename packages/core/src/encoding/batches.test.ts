import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packBatches, padBatch } from "./batches.ts";

const lengths = fc.array(fc.integer({ min: 1, max: 2048 }), { maxLength: 80 });
const fp32 = { overhead: 24 };
const maxBatchTokens = fc.integer({ min: 1, max: 8192 });

/** Those of `inference-overhead.ts`, and none at all. */
const overheads = fc.constantFrom(0, 6, 24);

/** Cost of batches in tokens: the overhead of each batch, and all its tokens with padding. */
function costOf(
  batches: readonly (readonly number[])[],
  lengths: readonly number[],
  overhead: number,
): number {
  const costs = batches.map((batch) => overhead + batch.length * longestOf(batch, lengths));
  return costs.reduce((sum, cost) => sum + cost, 0);
}

function longestOf(batch: readonly number[], lengths: readonly number[]): number {
  return Math.max(...batch.map((index) => lengths[index]!));
}

function fits(
  batch: readonly number[],
  lengths: readonly number[],
  maxBatchTokens: number,
): boolean {
  const longest = longestOf(batch, lengths);
  return batch.length * longest <= maxBatchTokens && batch.length * longest ** 2 <= 2 ** 26;
}

/** Cost of the cheapest batches, found by trying every start of every last batch. */
function leastCostOf(lengths: readonly number[], maxBatchTokens: number, overhead: number): number {
  const sorted = [...lengths].sort((a, b) => b - a);
  const least = [0];
  for (let end = 1; end <= sorted.length; end++) {
    const costs = sorted.slice(0, end).map((longest, start) => {
      const batch = Array.from({ length: end - start }, (_, row) => start + row);
      const allowed = batch.length === 1 || fits(batch, sorted, maxBatchTokens);
      const cost = overhead + batch.length * longest;
      return allowed ? least[start]! + cost : Number.POSITIVE_INFINITY;
    });
    least.push(Math.min(...costs));
  }
  return least.at(-1)!;
}

describe("packBatches", () => {
  test("puts every sequence into one batch, within the limits", () => {
    fc.assert(
      fc.property(lengths, maxBatchTokens, (lengths, maxBatchTokens) => {
        const batches = packBatches(lengths, { maxBatchTokens }, fp32);
        expect(batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, index) => index));
        for (const batch of batches) {
          expect(batch.length === 1 || fits(batch, lengths, maxBatchTokens)).toBe(true);
        }
      }),
    );
  });

  test("puts at most batchSize sequences into a batch", () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 9 }), (lengths, batchSize) => {
        const batches = packBatches(lengths, { maxBatchTokens: 8192, batchSize }, fp32);
        expect(batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, index) => index));
        for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(batchSize);
      }),
    );
    const equal = new Array(10).fill(5);
    const sizes = (batchSize?: number) =>
      packBatches(equal, { maxBatchTokens: 1024, batchSize }, fp32)
        .map(({ length }) => length)
        .sort();
    expect(sizes()).toEqual([10]);
    expect(sizes(5)).toEqual([5, 5]);
    expect(sizes(1)).toEqual(new Array(10).fill(1));
  });

  test("sorts batches and their sequences by length, longest first, then in input order", () => {
    fc.assert(
      fc.property(lengths, maxBatchTokens, (lengths, maxBatchTokens) => {
        const order = packBatches(lengths, { maxBatchTokens }, fp32).flat();
        expect(order).toEqual(
          lengths.map((_, index) => index).sort((a, b) => lengths[b]! - lengths[a]! || a - b),
        );
      }),
    );
  });

  test("costs no more than one at a time, all at once, or any batches in input order", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        lengths,
        maxBatchTokens,
        overheads,
        cuts,
        (lengths, maxBatchTokens, overhead, cuts) => {
          const batches = packBatches(lengths, { maxBatchTokens }, { overhead });
          const cost = costOf(batches, lengths, overhead);
          const indices = lengths.map((_, index) => index);
          const inInputOrder: number[][] = [];
          for (
            let start = 0, cut = 0;
            start < lengths.length;
            start += cuts[cut]!, cut = (cut + 1) % cuts.length
          ) {
            inInputOrder.push(indices.slice(start, start + cuts[cut]!));
          }
          for (const others of [
            indices.map((index) => [index]),
            lengths.length > 0 ? [indices] : [],
            inInputOrder,
          ]) {
            const allowed = others.every(
              (batch) => batch.length === 1 || fits(batch, lengths, maxBatchTokens),
            );
            if (allowed) expect(cost).toBeLessThanOrEqual(costOf(others, lengths, overhead));
          }
        },
      ),
    );
  });

  test("costs as little as the cheapest cut of the sorted sequences", () => {
    const fewLengths = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 80 });
    fc.assert(
      fc.property(
        fc.oneof(lengths, fewLengths),
        maxBatchTokens,
        overheads,
        (lengths, maxBatchTokens, overhead) => {
          const counted = lengths.map((length) => Math.max(length, 1));
          const batches = packBatches(lengths, { maxBatchTokens }, { overhead });
          const least = leastCostOf(counted, maxBatchTokens, overhead);
          expect(costOf(batches, counted, overhead)).toBe(least);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ["no texts", [], []],
    ["a text above the limit gets a batch of its own", [5000], [[0]]],
    ["short texts share a batch", [8, 9, 10, 8], [[2, 1, 0, 3]]],
    ["long texts of different lengths do not", [500, 400, 300], [[0], [1], [2]]],
    ["short texts are not padded to a long one", [8, 512, 8], [[1], [0, 2]]],
    ["a batch is filled up to the limit", Array(9).fill(256), [[0], [1, 2, 3, 4], [5, 6, 7, 8]]],
    ["empty sequences", [0, 0], [[0, 1]]],
  ])("%s", (_what, lengths, expected) => {
    const batches = packBatches(lengths, { maxBatchTokens: 1024 }, fp32);
    expect(batches.map((batch) => [...batch]).sort((a, b) => a[0]! - b[0]!)).toEqual(
      expected.map((batch) => [...batch]).sort((a, b) => a[0]! - b[0]!),
    );
  });

  test.each([
    [24, [[0], [1, 2, 3, 4]]],
    [6, [[0], [1, 2], [3, 4]]],
    [0, [[0], [1, 2], [3], [4]]],
  ])("the smaller the overhead of %d tokens, the less padding", (overhead, expected) => {
    const lengths = [90, 40, 40, 31, 30];
    expect(packBatches(lengths, { maxBatchTokens: 1024 }, { overhead })).toEqual(expected);
  });

  test("limits rows × length², whatever maxBatchTokens is", () => {
    const batches = packBatches(
      Array(20).fill(8192),
      { maxBatchTokens: Number.POSITIVE_INFINITY },
      fp32,
    );
    expect(batches.every((batch) => batch.length === 1)).toBe(true);
  });

  test.each([1024, 1e6, Number.POSITIVE_INFINITY])(
    "accepts 200,000 sequences with maxBatchTokens %d",
    (maxBatchTokens) => {
      const equal = Array<number>(200_000).fill(3);
      const different = equal.map((_, index) => 1 + ((index * 7919) % 300));
      for (const lengths of [equal, different]) {
        expect(packBatches(lengths, { maxBatchTokens }, fp32).flat()).toHaveLength(200_000);
      }
    },
  );
});

describe("padBatch", () => {
  test("accepts more sequences than a function accepts arguments", () => {
    const sequences = Array.from({ length: 200_000 }, () => [1]);
    expect(padBatch(sequences, { id: 0, side: "right" })).toMatchObject({
      rows: 200_000,
      length: 1,
    });
  });

  const sequences = [[5, 6, 7], [8]];

  test("pads on the right", () => {
    expect(padBatch(sequences, { id: 9, side: "right" })).toEqual({
      rows: 2,
      length: 3,
      inputIds: BigInt64Array.of(5n, 6n, 7n, 8n, 9n, 9n),
      attentionMask: BigInt64Array.of(1n, 1n, 1n, 1n, 0n, 0n),
    });
  });

  test("pads on the left", () => {
    expect(padBatch(sequences, { id: 9, side: "left" })).toEqual({
      rows: 2,
      length: 3,
      inputIds: BigInt64Array.of(5n, 6n, 7n, 9n, 9n, 8n),
      attentionMask: BigInt64Array.of(1n, 1n, 1n, 0n, 0n, 1n),
    });
  });
});
