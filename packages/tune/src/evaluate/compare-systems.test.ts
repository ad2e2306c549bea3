import { expect, test } from "vitest";
import { compareSystems } from "./compare-systems.ts";
import { evaluateRun } from "./evaluate-run.ts";

const resultOf = (values: number[]) => ({
  perQuery: new Map(values.map((value, index) => [`q${index}`, { "ndcg@10": value }])),
});
const worse = resultOf(Array.from({ length: 60 }, (_, index) => (index % 5) / 10));
const better = resultOf(
  Array.from({ length: 60 }, (_, index) => (index % 5) / 10 + (index % 2) / 5),
);

test("a system that is better on many queries", () => {
  const comparison = compareSystems(worse, better);
  expect(comparison).toMatchObject({ metric: "ndcg@10", confidence: 0.95, queries: 60 });
  const { before, after, difference, interval, pValue } = comparison;
  expect([before, after, difference].map((value) => value.toFixed(6))).toEqual([
    "0.200000",
    "0.300000",
    "0.100000",
  ]);
  expect(interval[0]).toBeGreaterThan(0.05);
  expect(interval[1]).toBeLessThan(0.15);
  expect(pValue).toBeLessThan(0.001);
  expect(compareSystems(worse, better)).toEqual(comparison);
  const back = compareSystems(better, worse, { seed: 1, samples: 500 });
  expect(back.difference).toBeCloseTo(-difference, 12);
});

test("a system is as good as itself", () => {
  const { difference, interval, pValue } = compareSystems(worse, worse);
  expect({ difference, interval, pValue }).toEqual({ difference: 0, interval: [0, 0], pValue: 1 });
});

test("any metric of two runs", () => {
  const qrels = { a: ["x"], b: ["y"] };
  const [before, after] = [{ a: { x: 1 } }, { a: { z: 2, x: 1 }, b: { y: 1 } }].map((run) =>
    evaluateRun(run, qrels),
  );
  expect(compareSystems(before!, after!, { metric: "mrr@10" }).difference).toBe(0.25);
});

test.for<[unknown, unknown, object, RegExp]>([
  [worse, resultOf([1]), {}, /^after must be a result over the same queries.*Only one.*"q1", "q2"/],
  [worse, { results: [] }, {}, /^after must be a result of evaluateRetrieval.*Pass one of the/],
  [undefined, worse, {}, /^before must be a result/],
  [
    resultOf([1, 1]),
    resultOf([Number.NaN, 1]),
    {},
    /^after must be a result whose ndcg@10 is a finite number.*For "q0", it is NaN/,
  ],
  [{ perQuery: new Map([["q0", null]]) }, resultOf([1]), {}, /^metric must be one of/],
  [worse, better, { metric: "mrr@10" }, /^metric must be one of ndcg@10; "mrr@10" was given/],
  [worse, better, { samples: 0 }, /^samples must be/],
  [worse, better, { samples: 1e9 }, /^samples must be a whole number from 1 to 1000000/],
  [worse, better, { confidence: 95 }, /^confidence must be a number from 0 to 1/],
])("%# is refused", ([before, after, options, message]) => {
  expect(() => compareSystems(before as never, after as never, options)).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringMatching(message) }),
  );
});
