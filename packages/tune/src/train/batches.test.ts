import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../statistics/random.ts";
import { makeBatches } from "./batches.ts";
import type { Example } from "./losses.ts";

const example = fc.record({
  query: fc.nat(8),
  document: fc.nat(8),
  negatives: fc.array(fc.nat(8), { maxLength: 2 }),
});

describe("batches", () => {
  test("contain every example once, and no false negatives", () => {
    fc.assert(
      fc.property(
        fc.array(example, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer(),
        (examples, batchSize, seed) => {
          const settings = { batchSize, inBatchNegatives: true };
          const batches = makeBatches(examples, settings, seededRandom(seed));
          expect(batches.every(({ length }) => length >= 1 && length <= batchSize)).toBe(true);
          expect(new Set(batches.flat())).toEqual(new Set(examples));
          expect(batches.flat()).toHaveLength(examples.length);
          for (const batch of batches) expectNoFalseNegatives(batch, examples);
        },
      ),
    );
  });

  test("may contain a text twice if other documents of a batch do not count", () => {
    const examples = [1, 2, 3, 4, 5].map((query) => ({ query, document: 7, negatives: [] }));
    const batches = makeBatches(
      examples,
      { batchSize: 3, inBatchNegatives: false },
      seededRandom(1),
    );
    expect(batches.map(({ length }) => length)).toEqual([3, 2]);
  });

  test("depend on the seed alone", () => {
    const examples = Array.from({ length: 50 }, (_, row) => ({
      query: row,
      document: row,
      negatives: [],
    }));
    const of = (seed: number) =>
      makeBatches(examples, { batchSize: 8, inBatchNegatives: true }, seededRandom(seed));
    expect(of(5)).toEqual(of(5));
    expect(of(5)).not.toEqual(of(6));
  });
});

function expectNoFalseNegatives(batch: readonly Example[], examples: readonly Example[]) {
  for (const one of batch) {
    for (const other of batch) {
      if (other === one) continue;
      expect(other.query).not.toBe(one.query);
      for (const document of [other.document, ...other.negatives]) {
        const answers = examples.some((e) => e.query === one.query && e.document === document);
        expect(answers).toBe(false);
        expect([one.document, ...one.negatives]).not.toContain(document);
      }
    }
  }
}
