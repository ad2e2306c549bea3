import { expect, test } from "vitest";
import { difference, golden } from "../testing/golden.ts";
import { evaluateRun, type Run } from "./evaluate-run.ts";

const names = {
  accuracy: "success",
  precision: "P",
  recall: "recall",
  ndcg: "ndcg_cut",
  map: "map_cut",
};

test.each(golden.runs)("figures of pytrec_eval", ({ run, qrels, cuts, perQuery }) => {
  const all = { accuracyAtK: cuts, precisionRecallAtK: cuts, ndcgAtK: cuts, mapAtK: cuts };
  const result = evaluateRun(run, qrels, { ...all, mrrAtK: [100] });
  expect(result.skipped).toEqual(["q2"]);
  expect(result.missing).toEqual(["q0"]);
  expect([...result.perQuery.keys()]).toEqual(["q0", "q1", "q3", "q4", "q5", "q6"]);
  expect(new Set(Object.values(result.perQuery.get("q0")!))).toEqual(new Set([0]));
  for (const [query, metrics] of result.perQuery) {
    if (query === "q0") continue;
    const ofPython = perQuery[query]!;
    const expected = Object.entries(names).flatMap(([ours, theirs]) =>
      cuts.map((k) => [`${ours}@${k}`, ofPython[`${theirs}_${k}`]!] as const),
    );
    const reciprocal = { "mrr@100": ofPython.recip_rank! };
    const difference1 = difference(metrics, { ...Object.fromEntries(expected), ...reciprocal });
    expect(difference1).toBeLessThan(1e-9);
  }
});

test("Maps, names and means", () => {
  const run: Run = new Map([["q1", new Map([["venus", 0.9]]).set("mars", 0.8)]]);
  const result = evaluateRun(run, { q1: { mars: 2, venus: 1 }, q2: ["x"] }, { name: "BM25" });
  expect(result.name).toBe("BM25");
  const ndcg = (1 + 2 / Math.log2(3)) / (2 + 1 / Math.log2(3));
  expect(result.perQuery.get("q1")!["ndcg@10"]).toBe(ndcg);
  expect(result.metrics["ndcg@10"]).toBe(ndcg / 2);
  expect(result.rankings.get("q1")).toEqual([
    ["venus", 0.9],
    ["mars", 0.8],
  ]);
});

test.for<[unknown, unknown, string, RegExp]>([
  [[], { q: ["a"] }, "INVALID_ARGUMENT", /^run must be an object or a Map/],
  [{ q: 1 }, { q: ["a"] }, "INVALID_ARGUMENT", /^run, query "q" must be/],
  [{ q: { a: "1" } }, { q: ["a"] }, "DATA_INVALID", /the score of "a" must be a number; it is "1"/],
  [{ q: { a: Number.NaN } }, { q: ["a"] }, "DATA_INVALID", /it is NaN/],
  [{}, { q: ["a"] }, "DATA_INVALID", /^The run has none of the queries of qrels. It has no query/],
  [{ 1: { a: 1 } }, { q1: ["a"] }, "DATA_INVALID", /It has "1"; qrels has "q1"\.$/],
  [{}, {}, "DATA_INVALID", /^No query of qrels/],
  [{}, { q: { a: "x" } }, "DATA_INVALID", /^qrels of the query "q": the grade of the document "a"/],
])("%j with %j is refused", ([run, qrels, code, message]) => {
  expect(() => evaluateRun(run as Run, qrels as never)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});
