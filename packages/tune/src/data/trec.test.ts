import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { temporaryFiles } from "../testing/temporary-files.ts";
import { readTrecQrels, readTrecRun, writeTrecRun } from "./trec.ts";

async function file(content: string | Uint8Array, name = "file.txt"): Promise<string> {
  return join(await temporaryFiles({ [name]: content }), name);
}

test("qrels of TREC: white space of any kind, grades below zero, gzip", async () => {
  const text = "301 0 FBIS3-10082 1\r\n301\t0\tFBIS3-10169\t-1\n302  0  a   2\n302 0 a 2\n";
  const expected = new Map([
    [
      "301",
      new Map([
        ["FBIS3-10082", 1],
        ["FBIS3-10169", -1],
      ]),
    ],
    ["302", new Map([["a", 2]])],
  ]);
  expect(await readTrecQrels(await file(text))).toEqual(expected);
  expect(await readTrecQrels(await file(gzipSync(text), "qrels.gz"))).toEqual(expected);
});

test("a run of TREC: scores count, and ranks do not", async () => {
  const run = await readTrecRun(await file("q1 Q0 a 1 0.5 bm25\nq1 Q0 b 2 1.5e1 bm25\n"));
  expect(run).toEqual(
    new Map([
      [
        "q1",
        new Map([
          ["a", 0.5],
          ["b", 15],
        ]),
      ],
    ]),
  );
});

test("a run that is written is read as it was, with the ranks of trec_eval", async () => {
  const path = await file("");
  const run = new Map([
    [
      "q1",
      new Map([
        ["a", 0.1 + 0.2],
        ["c", 1],
        ["b", 1],
      ]),
    ],
    ["q2", new Map([["a", -1e-20]])],
  ]);
  await writeTrecRun(path, run, { tag: "tuned" });
  expect(await readFile(path, "utf8")).toBe(
    "q1 Q0 c 1 1 tuned\nq1 Q0 b 2 1 tuned\nq1 Q0 a 3 0.30000000000000004 tuned\n" +
      "q2 Q0 a 1 -1e-20 tuned\n",
  );
  expect(await readTrecRun(path)).toEqual(run);
  await writeTrecRun(path, new Map([["q1", [["x", 1] as const]]]));
  expect(await readFile(path, "utf8")).toBe("q1 Q0 x 1 1 embeddinggemma\n");
});

test.for<[string, unknown, object, string]>([
  [
    "an id with a space",
    new Map([
      ["q 1", new Map()],
      ["q 1", new Map([["a", 1]])],
    ]),
    {},
    'The query id must be a string without white space, not empty; "q 1" was given.',
  ],
  ["an empty id", new Map([["q1", new Map([["", 1]])]]), {}, "The document id must be"],
  [
    "a score that is not finite",
    new Map([["q1", [["a", Number.NaN]]]]),
    {},
    'The score of "a" must be a finite number; NaN was given.',
  ],
  ["an object", { q1: {} }, {}, "run must be a Map of query ids to scores"],
  ["a tag with a space", new Map(), { tag: "my run" }, "tag must be a string without white space"],
])("%s is not written", async ([, run, options, message]) => {
  await expect(writeTrecRun(await file(""), run as Map<string, []>, options)).rejects.toMatchObject(
    {
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    },
  );
});

test.for<[string, typeof readTrecQrels, string, string]>([
  [
    "a column too few",
    readTrecQrels,
    "q1 0 d1 1\nq1 0 d1\n",
    "file.txt, line 2: there must be query id, iteration, document id and grade; 3 columns",
  ],
  ["a run as qrels", readTrecQrels, "q1 Q0 d1 1 0.5 x", "use readTrecRun."],
  ["qrels as a run", readTrecRun, "q1 0 d1 1", "use readTrecQrels."],
  [
    "a grade that is no number",
    readTrecQrels,
    "q1 0 d1 yes",
    'line 1: the grade must be a number; "yes" was found.',
  ],
  [
    "a score that is not finite",
    readTrecRun,
    "q1 Q0 d1 1 nan x",
    'line 1: the score must be a number; "nan" was found.',
  ],
  ["a hexadecimal grade", readTrecQrels, "q1 0 d1 0x10", "the grade must be a number"],
  [
    "two grades",
    readTrecQrels,
    "q1 0 d1 1\nq1 1 d1 2",
    'line 2: query "q1" and document "d1" have the grade 2 here, but 1 on an earlier line.',
  ],
  ["two scores", readTrecRun, "q1 Q0 d 1 2 x\nq1 Q0 d 2 1 x", "have the score 1 here"],
  ["an empty file", readTrecRun, " \n", "file.txt: the file is empty."],
])("%s is refused", async ([, read, content, message]) => {
  const path = await file(content);
  await expect(read(path)).rejects.toMatchObject({
    code: "DATA_INVALID",
    message: expect.stringContaining(message),
  });
});

test("a file that does not exist, and a folder", async () => {
  const folder = await temporaryFiles({});
  await expect(readTrecRun(join(folder, "run"))).rejects.toThrow("run: there is no such file.");
  await expect(readTrecRun(folder)).rejects.toThrow("this is a folder. Pass a file;");
});
