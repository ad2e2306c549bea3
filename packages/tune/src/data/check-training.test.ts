import { expect, test } from "vitest";
import { checkTraining, type TuningPair } from "./check-training.ts";
import { checkRetrievalData } from "./retrieval-data.ts";

const a = { query: "q1", document: "a", negatives: ["x"] };
const b = { query: "q2", document: { text: "b" } };

test("good pairs pass without a warning", () => {
  expect(checkTraining([a, b])).toEqual({ pairs: [a, { ...b, negatives: [] }], warnings: [] });
});

test("repeated pairs are left out; the same pair with another negative or score is not", () => {
  const [one, two, other] = [
    { ...a, score: 1 },
    { ...b, score: 1 },
    { ...b, score: 0 },
  ];
  const pairs = [one, two, one, { ...one, negatives: ["y"] }, other, other];
  const checked = checkTraining(pairs, { scored: true });
  expect(checked.pairs).toEqual([
    one,
    { ...two, negatives: [] },
    { ...one, negatives: ["y"] },
    { ...other, negatives: [] },
  ]);
  expect(checked.warnings).toEqual([
    {
      code: "EMBEDDINGGEMMA_REPEATED_PAIRS",
      message: '2 pairs repeat an earlier one, and are left out: "q1", "q2".',
      count: 2,
      examples: ["q1", "q2"],
    },
  ]);
});

test("negatives that answer their query are left out", () => {
  const pairs = [a, b, { query: "q1", document: "c", negatives: ["a", { text: "c" }, "b"] }];
  const checked = checkTraining(pairs);
  expect(checked.pairs[2]!.negatives).toEqual(["b"]);
  expect(checked.warnings).toEqual([
    {
      code: "EMBEDDINGGEMMA_NEGATIVE_IS_POSITIVE",
      message: '2 negatives answer their query according to `pairs`, and are left out: "q1".',
      count: 2,
      examples: ["q1"],
    },
  ]);
});

test("queries of the validation that are trained with are told, however they are written", () => {
  const validation = checkRetrievalData({
    queries: { v1: " Q1", v2: "q2", v3: "q3" },
    corpus: { d: "d" },
    relevant: { v1: ["d"], v2: ["d"], v3: ["d"] },
  });
  const { warnings } = checkTraining([a, b], { heldOut: { validation, test: undefined } });
  expect(warnings).toEqual([
    {
      code: "EMBEDDINGGEMMA_QUERY_IN_TRAINING",
      message:
        "2 of 3 queries of `validation` are also in `pairs`, so its figures are too good: " +
        '" Q1", "q2".',
      count: 2,
      examples: [" Q1", "q2"],
    },
  ]);
});

test("queries of the test that choose the best epoch are told", () => {
  const of = (text: string) =>
    checkRetrievalData({ queries: { v: text }, corpus: { d: "d" }, relevant: { v: ["d"] } });
  const { warnings } = checkTraining([a, b], {
    heldOut: { validation: of("One more"), test: of("one  more ") },
  });
  expect(warnings).toEqual([
    {
      code: "EMBEDDINGGEMMA_QUERY_IN_VALIDATION",
      message:
        "1 of 1 query of `test` is also in `validation`, which chooses the best epoch, so its " +
        'figures are too good: "one  more ".',
      count: 1,
      examples: ["one  more "],
    },
  ]);
});

test.for<[string, TuningPair[], string]>([
  ["no pairs", [], "pairs is empty"],
  ["one pair", [a], "`pairs` has only one pair, from which nothing can be learned."],
  ["one pair, repeated", [a, a, { ...a, negatives: [] }], "`pairs` has only one pair"],
  ["an empty query", [a, { query: " ", document: "b" }], "pairs[1] has an empty query or document"],
  ["a misspelled field", [a, { ...b, negative: "a" } as TuningPair], "pairs[1] has the field `neg"],
  ["an empty document", [a, { query: "q", document: { text: "" } }], "pairs[1] has an empty"],
  [
    "one document",
    [b, { query: "q1", document: "b", negatives: [] }],
    "All pairs have the same document",
  ],
  [
    "negatives that are all positives",
    [b, { query: "q1", document: "a", negatives: ["a", { text: "a" }] }],
    "Every negative is also a document that answers the same query.",
  ],
])("%s: refused", ([, pairs, message]) => {
  expect(() => checkTraining(pairs)).toThrow(
    expect.objectContaining({ code: "DATA_INVALID", message: expect.stringContaining(message) }),
  );
});
