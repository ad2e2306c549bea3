import { expect, test } from "vitest";
import { trainingPairs } from "./training-pairs.ts";

const queries = { red: "Which planet is red?", rings: "Which has rings?", none: "Which is green?" };
const corpus = { mars: { title: "Mars", text: "It is red." }, saturn: "It has rings.", venus: "" };

test("pairs each query with the documents of its highest grade", () => {
  const relevant = { red: ["mars"], rings: { venus: 1, saturn: 2, mars: 2 }, none: { venus: 0 } };
  expect(trainingPairs({ queries, corpus, relevant })).toEqual([
    { query: queries.red, document: corpus.mars },
    { query: queries.rings, document: corpus.saturn },
    { query: queries.rings, document: corpus.mars },
  ]);
});

test("rejects judgments of unknown documents", () => {
  expect(() => trainingPairs({ queries, corpus, relevant: { red: ["pluto"] } })).toThrow(
    expect.objectContaining({ code: "DATA_INVALID", message: expect.stringContaining("pluto") }),
  );
});
