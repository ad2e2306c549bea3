import fc from "fast-check";
import { expect, test } from "vitest";
import { averageRanks, pearson, spearman } from "./correlation.ts";

test("equal numbers share the mean of their ranks", () => {
  expect(Array.from(averageRanks([30, 10, 20, 10, 10]))).toEqual([5, 2, 4, 2, 2]);
  expect(Array.from(averageRanks([]))).toEqual([]);
});

test("a list of equal numbers has no correlation", () => {
  expect([pearson([1, 1, 1], [1, 2, 3]), spearman([1, 2], [0, 0])]).toEqual([
    Number.NaN,
    Number.NaN,
  ]);
});

test("tiny and huge numbers correlate as all others do", () => {
  const [a, b] = [
    [1, 2, 4],
    [2, 1, 3],
  ];
  const expected = pearson(a, b);
  for (const scale of [1e-200, 1e200])
    expect(
      pearson(
        a.map((value) => value * scale),
        b,
      ),
    ).toBeCloseTo(expected, 12);
});

test("linear and monotonic relations", () => {
  const numbers = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), {
    minLength: 2,
    maxLength: 20,
  });
  fc.assert(
    fc.property(numbers, (values) => {
      expect(
        pearson(
          values,
          values.map((value) => 3 * value - 7),
        ),
      ).toBeCloseTo(1, 12);
      expect(
        spearman(
          values,
          values.map((value) => -(value ** 3)),
        ),
      ).toBeCloseTo(-1, 12);
    }),
  );
});
