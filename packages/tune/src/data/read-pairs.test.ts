import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFiles } from "../testing/temporary-files.ts";
import { readPairs, readScoredPairs, readTriplets } from "./read-pairs.ts";

async function file(name: string, content: string): Promise<string> {
  return join(await temporaryFiles({ [name]: content }), name);
}

const jsonLines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");

test("pairs with the keys of both tools, and negatives in every form", async () => {
  const path = await file(
    "pairs.jsonl",
    jsonLines(
      { query: "a", document: "b" },
      { anchor: "a", positive: { title: "T", text: "b" }, negatives: ["c", { text: "d" }] },
      { query: "a", positive: "b", negative: "c", id: 7 },
      { query: "a", positive: "b", negative_10: "l", negative_2: "d", negative_1: null },
      { query: "a", document: { title: null, text: "b" }, negatives: [] },
    ),
  );
  expect(await readPairs(path)).toEqual([
    { query: "a", document: "b" },
    { query: "a", document: { title: "T", text: "b" }, negatives: ["c", "d"] },
    { query: "a", document: "b", negatives: ["c"] },
    { query: "a", document: "b", negatives: ["d", "l"] },
    { query: "a", document: "b" },
  ]);
});

test("triplets, one for each negative", async () => {
  const path = await file(
    "triplets.jsonl",
    jsonLines(
      { anchor: "a", positive: "b", negative: "c" },
      { query: "a", document: "b", negatives: ["c", "d"] },
    ),
  );
  expect(await readTriplets(path)).toEqual([
    { anchor: "a", positive: "b", negative: "c" },
    { anchor: "a", positive: "b", negative: "c" },
    { anchor: "a", positive: "b", negative: "d" },
  ]);
});

test("scored pairs in JSONL, CSV and TSV", async () => {
  const expected = [
    { sentence1: 'a, "b"', sentence2: "c\nd", score: 0.5 },
    { sentence1: "e", sentence2: "f", score: 5 },
  ];
  const rows = jsonLines(expected[0], { sentence1: "e", sentence2: "f", label: 5 });
  const csv = 'split,sentence1,sentence2,score\r\ntest,"a, ""b""","c\nd",0.5\r\ntest,e,f,5\r\n';
  const tsv = '\ufeffsentence1\tsentence2\tlabel\n"a, ""b"""\t"c\nd"\t.5\ne\tf\t5';
  expect(await readScoredPairs(await file("a.jsonl", rows))).toEqual(expected);
  expect(await readScoredPairs(await file("a.csv", csv))).toEqual(expected);
  expect(await readScoredPairs(await file("a.TSV", tsv))).toEqual(expected);
});

test("pairs in CSV", async () => {
  const path = await file("pairs.csv", "query,positive,negative_1,negative_2\na,b,c,d\n");
  expect(await readPairs(path)).toEqual([{ query: "a", document: "b", negatives: ["c", "d"] }]);
});

test.for<[string, (path: string) => Promise<unknown>, string, string, string]>([
  [
    "other keys",
    readPairs,
    "a.jsonl",
    '{"question":"a","answer":"b"}',
    "a.jsonl, line 1: `query` or `anchor` is missing; it has `question`, `answer`.",
  ],
  [
    "null",
    readPairs,
    "a.jsonl",
    '{"query":null,"document":"b"}',
    "`query` or `anchor` is missing;",
  ],
  [
    "an empty object",
    readPairs,
    "a.jsonl",
    "{}",
    "`query` or `anchor` is missing; it has no keys.",
  ],
  [
    "a number",
    readPairs,
    "a.jsonl",
    '{"query":1,"document":"b"}',
    "`query` or `anchor` must be a string; 1 was found.",
  ],
  [
    "a list",
    readPairs,
    "a.jsonl",
    '{"query":"a","document":["b"]}',
    '`document` or `positive` must be a string or `{ "title", "text" }`; an array of 1 was found.',
  ],
  [
    "a negative that is none",
    readPairs,
    "a.jsonl",
    '{"query":"a","document":"b","negatives":["c",5]}',
    "`negatives[1]` must be a string",
  ],
  [
    "a triplet without a negative",
    readTriplets,
    "a.jsonl",
    '{"anchor":"a","positive":"b","negatives":[]}',
    "`negative` or `negatives` is missing; it has `anchor`, `positive`, `negatives`.",
  ],
  [
    "a score that is no number",
    readScoredPairs,
    "a.jsonl",
    '{"sentence1":"a","sentence2":"b","score":"high"}',
    '`score` or `label` must be a number; "high" was found.',
  ],
  [
    "no score in CSV",
    readScoredPairs,
    "a.csv",
    "sentence1,sentence2\na,b",
    "a.csv, line 2: `score` or `label` is missing; it has `sentence1`, `sentence2`.",
  ],
  [
    "a field too many",
    readScoredPairs,
    "a.csv",
    "sentence1,sentence2,score\na,b,c,1",
    "line 2: this row has 4 fields, but the first row has 3. Put fields with commas",
  ],
  [
    "an open quote",
    readScoredPairs,
    "a.csv",
    'sentence1,sentence2,score\n"a,b,1\nc,d,2\n',
    "Close the quote, or write each quote in a field twice.",
  ],
  [
    "a table that is a header",
    readScoredPairs,
    "a.csv",
    "sentence1,sentence2,score\n",
    "a.csv: the file is empty.",
  ],
  ["an empty file", readPairs, "a.jsonl", "", "a.jsonl: the file is empty."],
])("%s is refused", async ([, read, name, content, message]) => {
  await expect(read(await file(name, content))).rejects.toMatchObject({
    code: "DATA_INVALID",
    message: expect.stringContaining(message),
  });
});
