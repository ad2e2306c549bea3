import { expect, it } from "vitest";
import { describeDifference, whyChance } from "./describe-difference.ts";

const comparison = {
  ...{ metric: "ndcg@10", before: 0.5, after: 0.53, difference: 0.03, queries: 100 },
  ...{ interval: [0.01, 0.05] as const, confidence: 0.95, pValue: 0.012 },
};

it.each([
  [0.012, "p = 0.012"],
  [0.0005, "p = 0.001"],
  [0.0004, "p < 0.001"],
  [0, "p < 0.001"],
])("writes a p-value of %d as %s", (pValue, text) => {
  expect(describeDifference({ ...comparison, pValue })).toBe(
    `ndcg@10 +0.0300 (95% interval +0.0100 to +0.0500, ${text})`,
  );
});

it.each([
  { interval: [0.01, 0.05] as const, pValue: 0.012, expected: undefined },
  { interval: [0, 0.05] as const, pValue: 0.04, expected: "The interval contains 0" },
  { interval: [-0.01, 0.05] as const, pValue: 0.2, expected: "The interval contains 0" },
  { interval: [-0.05, -0.01] as const, pValue: 0.05, expected: undefined },
  { interval: [0.001, 0.05] as const, pValue: 0.051, expected: "p is above 0.05" },
])("says whether $interval with p = $pValue may be chance", ({ expected, ...figures }) => {
  expect(whyChance({ ...comparison, ...figures })).toBe(expected);
});
