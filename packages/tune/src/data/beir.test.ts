import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { temporaryFiles } from "../testing/temporary-files.ts";
import { readBeir } from "./beir.ts";

const corpus = [
  { _id: "d1", title: "Mars", text: "Mars is red." },
  { _id: "d2", title: "", text: "Venus is hot." },
  { _id: "d3", text: "Io has volcanoes." },
];
const queries = [
  { _id: "q2", text: "Which planet is hot?" },
  { _id: "q1", text: "Which planet is red?", metadata: {} },
  { _id: "q3", text: "Which moon has volcanoes?" },
];

const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const header = "query-id\tcorpus-id\tscore\n";
const beir = {
  "corpus.jsonl": lines(corpus),
  "queries.jsonl": lines(queries),
  "qrels/test.tsv": `${header}q1\td1\t2\nq1\td2\t0\nq2\td2\t1\n`,
  "qrels/train.tsv": `${header}q3\td3\t1\n`,
};

const expected = {
  queries: [
    ["q2", "Which planet is hot?"],
    ["q1", "Which planet is red?"],
  ],
  corpus: [
    ["d1", { title: "Mars", text: "Mars is red." }],
    ["d2", "Venus is hot."],
    ["d3", "Io has volcanoes."],
  ],
  relevant: [
    ["q1", { d1: 2, d2: 0 }],
    ["q2", { d2: 1 }],
  ],
};

async function read(files: Record<string, string | Uint8Array>, options = {}) {
  const data = await readBeir(await temporaryFiles(files), options);
  return {
    queries: [...data.queries],
    corpus: [...data.corpus],
    relevant: [...data.relevant].map(([id, grades]) => [id, Object.fromEntries(grades)]),
  };
}

test("a BEIR folder is read, with the queries that the split has", async () => {
  expect(await read(beir)).toEqual(expected);
  expect(await read(beir, { split: "train" })).toMatchObject({
    queries: [["q3", "Which moon has volcanoes?"]],
    relevant: [["q3", { d3: 1 }]],
  });
});

test("the folder may be a URL", async () => {
  const folder = await temporaryFiles(beir);
  expect((await readBeir(pathToFileURL(`${folder}/`))).queries.size).toBe(2);
});

const judgements = [
  { "query-id": "q1", "corpus-id": "d1", score: 2 },
  { "query-id": "q1", "corpus-id": "d2", score: 0 },
  { "query-id": "q2", "corpus-id": "d2", score: 1.0 },
];
const { "qrels/test.tsv": tsv, ...rest } = beir;

test.for<[string, Record<string, string | Uint8Array>]>([
  ["CRLF and a byte order mark", withWindowsLines(beir)],
  ["no line break at the end", mapValues(beir, (text) => text.trimEnd())],
  ["empty lines", mapValues(beir, (text) => text.replaceAll("\n", "\n\n"))],
  ["gzip", gzipped(beir)],
  ["MTEB's ids", { ...beir, "corpus.jsonl": beir["corpus.jsonl"].replaceAll("_id", "id") }],
  ["MTEB's qrels as JSONL", { ...rest, "qrels/test.jsonl": lines(judgements) }],
  ["MTEB's folders of JSONL files", mtebFolders()],
  ["qrels beside the corpus", { ...rest, "test.tsv": tsv }],
  ["the only qrels beside the corpus", { ...withoutQrels(), "qrels.tsv": tsv }],
  ["qrels without a header", { ...beir, "qrels/test.tsv": tsv.slice(header.length) }],
  ["another header", { ...beir, "qrels/test.tsv": tsv.replace(header, "qid\tdid\trel\n") }],
  ["a repeated judgement", { ...beir, "qrels/test.tsv": `${tsv}q2\td2\t1\n` }],
  ["other columns first", { ...beir, "qrels/test.tsv": withScoreFirst() }],
])("%s", async ([, files]) => {
  expect(await read(files)).toEqual(expected);
});

test("ids may be numbers in JSON, and quotes in qrels are those of Python's csv", async () => {
  const data = await read({
    "corpus.jsonl": lines([
      { _id: 1, text: "a" },
      { _id: 'b "c"', text: "" },
      { _id: "d\te", text: "" },
      { _id: 'f"', text: "" },
    ]),
    "queries.jsonl": lines([{ _id: 7, text: "q" }]),
    "qrels/test.tsv": `${header}7\t1\t1\n7\t"b ""c"""\t2\n7\t"d\te"\t3\n7\tf"\t4\n`,
  });
  expect(data.relevant).toEqual([["7", { 1: 1, 'b "c"': 2, "d\te": 3, 'f"': 4 }]]);
});

test("judgements of unknown ids are left out if you ask for it", async () => {
  const files = { ...beir, "qrels/test.tsv": `${tsv}q9\td1\t1\nq1\td9\t1\n` };
  expect(await read(files, { ignoreUnknown: true })).toEqual(expected);
});

test("a document that is judged and not relevant need not be there", async () => {
  const data = await read({ ...beir, "qrels/test.tsv": `${tsv}q1\tgone\t0\n` });
  expect(data.relevant[0]).toEqual(["q1", { d1: 2, d2: 0, gone: 0 }]);
});

test("lines may be longer than a chunk of the file", async () => {
  const long = "é".repeat(400_000);
  const data = await read({
    ...beir,
    "corpus.jsonl": lines([{ _id: "d1", text: long }, ...corpus.slice(1)]),
  });
  expect(data.corpus[0]).toEqual(["d1", long]);
});

test.for<[string, Record<string, string | Uint8Array>, string, object]>([
  [
    "bad JSON",
    { ...beir, "corpus.jsonl": '{"_id": "d1", "text": "a"}\n{"_id": ' },
    "corpus.jsonl, line 2: this is not JSON",
    { line: 2 },
  ],
  [
    "an array",
    { ...beir, "queries.jsonl": "[1]" },
    "queries.jsonl, line 1: there must be one JSON object per line; an array of 1 was found.",
    {},
  ],
  [
    "no text",
    { ...beir, "queries.jsonl": lines([{ _id: "q1", query: "a" }]) },
    "queries.jsonl, line 1: `text` is missing; it has `_id`, `query`.",
    {},
  ],
  [
    "a text that is none",
    { ...beir, "queries.jsonl": lines([{ _id: "q1", text: 5 }]) },
    "queries.jsonl, line 1: `text` must be a string; 5 was found.",
    {},
  ],
  [
    "a title that is none",
    { ...beir, "corpus.jsonl": lines([{ _id: "d1", title: 5, text: "" }]) },
    "corpus.jsonl, line 1: `title` and `text` must be",
    {},
  ],
  [
    "no id",
    { ...beir, "corpus.jsonl": lines([{ text: "a" }]) },
    "corpus.jsonl, line 1: `_id` or `id` is missing; it has `text`.",
    {},
  ],
  [
    "an empty id",
    { ...beir, "corpus.jsonl": lines([{ _id: "", text: "a" }]) },
    'line 1: `_id` or `id` must be a string that is not empty; "" was found.',
    {},
  ],
  [
    "an id twice",
    { ...beir, "corpus.jsonl": lines([...corpus, corpus[0]]) },
    'corpus.jsonl, line 4: the id "d1" is on an earlier line, too.',
    { id: "d1" },
  ],
  [
    "a query id twice",
    { ...beir, "queries.jsonl": lines([...queries, queries[0]]) },
    'queries.jsonl, line 4: the id "q2"',
    {},
  ],
  ["an empty corpus", { ...beir, "corpus.jsonl": "\n" }, "corpus.jsonl: the file is empty.", {}],
  [
    "other bytes than UTF-8",
    { ...beir, "corpus.jsonl": Buffer.from('{"_id":"d1","text":"\xe9"}', "latin1") },
    "corpus.jsonl, line 1: this is not UTF-8.",
    {},
  ],
  [
    "a damaged gzip file",
    { ...gzipped(beir), "corpus.jsonl.gz": gzipSync(beir["corpus.jsonl"]).subarray(0, 30) },
    "corpus.jsonl.gz: this is not a complete gzip file",
    {},
  ],
  [
    "a grade that is no number",
    { ...beir, "qrels/test.tsv": `${tsv}q1\td3\thigh\n` },
    'test.tsv, line 5: `score` must be a number; "high" was found.',
    { line: 5 },
  ],
  [
    "an empty grade",
    { ...beir, "qrels/test.tsv": `${tsv}q1\td3\t\n` },
    'test.tsv, line 5: `score` must be a number; "" was found.',
    {},
  ],
  [
    "two grades",
    { ...beir, "qrels/test.tsv": `${tsv}q1\td1\t1\n` },
    'test.tsv, line 5: query "q1" and document "d1" have the grade 1 here, but 2',
    {},
  ],
  [
    "spaces",
    { ...beir, "qrels/test.tsv": "q1 d1 1\n" },
    "query id, a corpus id and a grade; 1 field was found. Separate them with tabs.",
    {},
  ],
  [
    "qrels of TREC",
    { ...beir, "qrels/test.tsv": "q1 0 d1 1\n" },
    "A file of TREC has four: read it with readTrecQrels.",
    {},
  ],
  [
    "unknown queries",
    { ...beir, "qrels/test.tsv": `${tsv}q9\td1\t1\nq8\td1\t1\n` },
    /tsv, line 5: 2 query ids here are not in .*queries\.jsonl: "q9", "q8"\..*ignoreUnknown/,
    { unknown: 2, ids: ["q9", "q8"] },
  ],
  [
    "unknown documents",
    {
      ...beir,
      "qrels/test.tsv": `${tsv}${[4, 5, 6, 7, 8, 9].map((id) => `q1\td${id}\t1\n`).join("")}`,
    },
    '"d4", "d5", "d6", "d7", "d8" and 1 more.',
    { unknown: 6, line: 5, ids: ["d4", "d5", "d6", "d7", "d8", "d9"] },
  ],
  [
    "an empty split",
    { ...beir, "qrels/test.tsv": header },
    "test.tsv: this split is empty: it has no judgements.",
    {},
  ],
  [
    "an empty file of judgements",
    { ...beir, "qrels/test.tsv": "" },
    "test.tsv: this split is empty: it has no judgements.",
    {},
  ],
  [
    "an unknown split",
    { ...beir, "qrels/test.tsv": "", "qrels/dev.tsv.gz": "" },
    'there is no split "final". The splits are dev, test, train.',
    { splits: ["dev", "test", "train"] },
  ],
  [
    "no judgements",
    withoutQrels(),
    'qrels/final.tsv is missing; the folder has "corpus.jsonl", "queries.jsonl".',
    {},
  ],
  [
    "another folder",
    { "README.md": "", "data.csv": "" },
    'because corpus.jsonl is missing; it has "README.md", "data.csv". A BEIR folder has',
    {},
  ],
  [
    "no queries",
    { "corpus.jsonl": "" },
    "this is no BEIR folder, because queries.jsonl is missing;",
    {},
  ],
  ["an empty folder", {}, "corpus.jsonl is missing; it is empty.", {}],
  [
    "Parquet files",
    { "corpus/test-00000-of-00001.parquet": "", "queries/test.parquet": "" },
    "Parquet files are not read: write them as JSONL",
    {},
  ],
] as [string, Record<string, string | Uint8Array>, string, object][])(
  "%s is refused",
  async ([name, files, message, details]) => {
    const split = ["an unknown split", "no judgements"].includes(name) ? "final" : "test";
    const error = await read(files, { split }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "DATA_INVALID", details });
    expect(error.message).toMatch(message);
  },
);

test("a folder that does not exist, and a file", async () => {
  const folder = await temporaryFiles({ file: "" });
  await expect(readBeir(join(folder, "none"))).rejects.toThrow("none: there is no such folder.");
  await expect(readBeir(join(folder, "file"))).rejects.toThrow("file: this is a file.");
});

test("invalid options", async () => {
  await expect(readBeir("x", { spilt: "a" } as object)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: "There is no option `spilt`. Did you mean `split`?",
  });
  await expect(readBeir("https://x/y")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

function mapValues(
  files: Record<string, string>,
  map: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, map(text)]));
}

function withWindowsLines(files: Record<string, string>) {
  return mapValues(files, (text) => `\ufeff${text.replaceAll("\n", "\r\n")}`);
}

function gzipped(files: Record<string, string>): Record<string, Uint8Array> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`${name}.gz`, gzipSync(text)]),
  );
}

function withoutQrels() {
  return { "corpus.jsonl": beir["corpus.jsonl"], "queries.jsonl": beir["queries.jsonl"] };
}

function mtebFolders() {
  return {
    "corpus/corpus.jsonl": beir["corpus.jsonl"],
    "queries/test.jsonl": beir["queries.jsonl"],
    "queries/train.jsonl": "",
    "qrels/test.jsonl": lines(judgements),
  };
}

function withScoreFirst(): string {
  const rows = tsv.trimEnd().split("\n");
  return rows.map((row) => row.split("\t").reverse().join("\t")).join("\n");
}
