import fc from "fast-check";
import { expect, test } from "vitest";
import { meanMetrics, rankingMetrics } from "./ranking-metrics.ts";

const cutOffs = {
  accuracyAtK: [1, 3],
  precisionRecallAtK: [3],
  ndcgAtK: [3],
  mrrAtK: [1, 3],
  mapAtK: [2, 100],
};

test("a ranking by hand", () => {
  const grades = new Map(Object.entries({ b: 2, c: 1, gone: 1, bad: -1 }));
  const metrics = rankingMetrics(["bad", "b", "x", "c"], grades, cutOffs);
  const best = 2 + 1 / Math.log2(3) + 1 / 2;
  expect(metrics).toEqual({
    "accuracy@1": 0,
    "accuracy@3": 1,
    "precision@3": 1 / 3,
    "recall@3": 1 / 3,
    "ndcg@3": 2 / Math.log2(3) / best,
    "mrr@1": 0,
    "mrr@3": 1 / 2,
    "map@2": 1 / 2 / 2,
    "map@100": (1 / 2 + 2 / 4) / 3,
  });
  expect(Object.keys(metrics).map((name) => name.split("@")[0])).toEqual(
    "accuracy accuracy precision recall ndcg mrr mrr map map".split(" "),
  );
  expect(rankingMetrics(["b"], grades, cutOffs, "relevant")["map@2"]).toBe(1 / 3);
});

test("an empty ranking is worth nothing, the best one everything", () => {
  const grades = new Map(Object.entries({ a: 1, b: 3 }));
  expect(new Set(Object.values(rankingMetrics([], grades, cutOffs)))).toEqual(new Set([0]));
  const { "precision@3": precision, ...others } = rankingMetrics(["b", "a"], grades, cutOffs);
  expect(precision).toBe(2 / 3);
  expect(new Set(Object.values(others))).toEqual(new Set([1]));
});

test("means over queries", () => {
  expect(
    meanMetrics([
      { a: 1, b: 0 },
      { a: 0, b: 0 },
    ]),
  ).toEqual({ a: 0.5, b: 0 });
});

test("every metric is from 0 to 1, and what is behind the cut does not matter", () => {
  const ids = fc.constantFrom(..."abcdefgh");
  const grades = fc
    .array(fc.tuple(ids, fc.integer({ min: -1, max: 3 })), { maxLength: 6 })
    .map((entries) => new Map([...entries, ["a", 1] as const]));
  const rankings = fc.uniqueArray(ids);
  fc.assert(
    fc.property(rankings, grades, (ranking, ofQuery) => {
      const cuts = { ...cutOffs, mapAtK: [3] };
      const metrics = rankingMetrics(ranking, ofQuery, cuts);
      for (const value of Object.values(metrics)) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }
      expect(rankingMetrics(ranking.slice(0, 3), ofQuery, cuts)).toEqual(metrics);
    }),
  );
});
