import { expect, test } from "vitest";
import {
  checkRetrievalData,
  checkTrainingPairs,
  type RetrievalData,
  type TrainingPair,
} from "./retrieval-data.ts";

const data = {
  queries: { q1: "red planet", q2: "hot planet", q3: "nothing" },
  corpus: { d1: "Mars is red.", d2: { title: "Venus", text: "It is hot." } },
  relevant: { q1: ["d1"], q2: { d2: 3, d1: 0 }, q3: [] },
} satisfies RetrievalData;

const checked = {
  queries: new Map([
    ["q1", "red planet"],
    ["q2", "hot planet"],
  ]),
  corpus: new Map<string, unknown>(Object.entries(data.corpus)),
  relevant: new Map([
    ["q1", new Map([["d1", 1]])],
    ["q2", new Map(Object.entries({ d2: 3, d1: 0 }))],
  ]),
  skipped: ["q3"],
};

test("objects, Maps, arrays and Sets become Maps; queries without an answer are told", () => {
  expect(checkRetrievalData(data)).toEqual(checked);
  const maps: RetrievalData = {
    queries: new Map(Object.entries(data.queries)),
    corpus: new Map<string, string | { text: string }>(Object.entries(data.corpus)),
    relevant: new Map(
      Object.entries({ q1: new Set(["d1"]), q2: new Map([...Object.entries({ d2: 3, d1: 0 })]) }),
    ),
  };
  expect(checkRetrievalData(maps)).toEqual(checked);
});

test("a document that is judged and not relevant need not be in the corpus", () => {
  const relevant = { q1: { d1: 1, gone: 0, spam: -2 } };
  expect(checkRetrievalData({ ...data, relevant }).skipped).toEqual(["q2", "q3"]);
});

test.for<[string, Record<string, unknown>, string, RegExp]>([
  ["no queries", { queries: {} }, "DATA_INVALID", /^set\.queries is empty/],
  ["no documents", { corpus: new Map() }, "DATA_INVALID", /^set\.corpus is empty/],
  ["nothing relevant", { relevant: {} }, "DATA_INVALID", /No query of set has a relevant/],
  ["only zeros", { relevant: { q1: { d1: 0 } } }, "DATA_INVALID", /No query of set has a rel/],
  [
    "an unknown document",
    { relevant: { q1: ["d1", "d9"], q2: ["d9"] } },
    "DATA_INVALID",
    /names a document that set\.corpus does not have: "d9" \(queries "q1", "q2"\)/,
  ],
  [
    "unknown documents",
    { relevant: { q1: ["a", "b", "c", "d", "e", "f", "g"] } },
    "DATA_INVALID",
    /names 7 documents .*: "a", "b", "c", "d", "e" and 2 more \(query "q1"\)/,
  ],
  [
    "an unknown query",
    { relevant: { ...data.relevant, q9: ["d1"] } },
    "DATA_INVALID",
    /names a query that set\.queries does not have: "q9"\. Add it,/,
  ],
  ["a query that is no text", { queries: { q1: 1 } }, "DATA_INVALID", /The query "q1" of set/],
  ["a document of no text", { corpus: { d1: {} } }, "DATA_INVALID", /The document "d1" of set/],
  [
    "a misspelled title",
    { corpus: { d1: { titel: "a", text: "b" } } },
    "DATA_INVALID",
    /"d1" of set has the unknown field `titel`/,
  ],
  ["a grade of NaN", { relevant: { q1: { d1: Number.NaN } } }, "DATA_INVALID", /"d1" must be a/],
  ["a number as id", { relevant: { q1: [1] } }, "DATA_INVALID", /"q1": an id must be a string; 1/],
  ["a number as key", { queries: new Map([[1, "a"]]) }, "DATA_INVALID", /set\.queries: an id/],
  ["an id alone", { relevant: { q1: "d1" } }, "INVALID_ARGUMENT", /Put the id into an array/],
  ["an array", { corpus: ["a"] }, "INVALID_ARGUMENT", /set\.corpus must be an object or a Map/],
  ["a missing part", { queries: undefined }, "INVALID_ARGUMENT", /^set\.queries must be/],
])("%s is refused", ([_name, change, code, message]) => {
  const changed = { ...data, ...change } as unknown as RetrievalData;
  expect(() => checkRetrievalData(changed, "set")).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

test("no data is refused", () => {
  expect(() => checkRetrievalData(undefined as never)).toThrow(/data must be an object with q/);
});

test("training pairs get their negatives", () => {
  const pairs = [
    { query: "a", document: "b" },
    { query: "c", document: { text: "d" }, negatives: ["e"] },
  ];
  expect(checkTrainingPairs(pairs)).toEqual([{ ...pairs[0], negatives: [] }, pairs[1]]);
});

test.for<[unknown, string, RegExp]>([
  ["a", "INVALID_ARGUMENT", /^pairs must be an array/],
  [[], "DATA_INVALID", /^pairs is empty/],
  [new Array(1), "DATA_INVALID", /^pairs\[0\] must be/],
  [[{ query: 1, document: "b" }], "DATA_INVALID", /^pairs\[0\]\.query must be a string; it is 1/],
  [[{ query: "a" }], "DATA_INVALID", /^pairs\[0\]\.document must be/],
  [[{ query: "a", document: "b", negatives: "c" }], "DATA_INVALID", /negatives must be an array/],
  [[{ query: "a", document: "b", negatives: [1] }], "DATA_INVALID", /negatives\[0\] must be/],
])("%j is refused", ([pairs, code, message]) => {
  expect(() => checkTrainingPairs(pairs as TrainingPair[])).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});
