import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPackage } from "./testing/built-package.ts";
import type { misuses } from "./testing/misuses.mjs";

type Misuse = keyof typeof misuses;

const program = join(import.meta.dirname, "testing/misusing-process.mjs");
let folder: string;
let built: Awaited<ReturnType<typeof buildPackage>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-hostile-"));
  built = await buildPackage();
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await built.remove();
});

/** Misuses a store in a new process, which must survive, and returns the outcome. */
async function outcomeOf(misuse: Misuse): Promise<unknown> {
  const child = spawn(process.execPath, [program, built.entry, folder, misuse], {
    timeout: 50_000,
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on("close", (...ended) => resolve(ended)),
  );
  expect({ code, signal, errors }).toEqual({ code: 0, signal: null, errors: "" });
  const [outcome, found] = JSON.parse(output) as [unknown, string];
  expect(found, "the process survives and FAISS answers").toBe("0");
  return outcome;
}

const invalidVector = ["INVALID_VECTOR", "INVALID_VECTOR"];
const invalidArgument = ["INVALID_ARGUMENT", "INVALID_ARGUMENT"];

const tests: Record<Misuse, [title: string, outcome: unknown]> = {
  invalidK: [
    "searching with k 0, -1, 1.5, NaN, 2^53, a string or more than there are items",
    [...invalidArgument, ...invalidArgument, 300, ...invalidArgument],
  ],
  deleteFromGraph: ["deleting from a graph index", [2, 298]],
  tooFewForTraining: ["adding to an untrained index, and too few vectors to train it", [21, 21]],
  trainingOnEqualVectors: ["training on vectors that are all the same", 5],
  impossibleFolder: ["saving to a folder that cannot exist", "SAVE_FAILED"],
  emptyVector: ["a vector without numbers", ["INVALID_VECTOR", "INVALID_ARGUMENT", []]],
  unknownDimension: ["a store whose dimension is not known yet", [[], 0, []]],
  threads: ["two threads and another user of faiss-node in one process", ["b", "b", [1]]],
  importOfL2: ["an L2 index read as an inner-product index", [1, 0]],
  extremeNumbers: [
    "NaN, infinity, zeros, huge numbers and what is not a number",
    [
      ...[invalidVector, invalidVector, invalidVector, invalidVector, [["x"], "found"]],
      ...[invalidVector, invalidArgument, invalidVector, invalidVector, invalidArgument],
    ],
  ],
  otherTypesOfVectors: [
    "vectors and items of another type",
    ["DIMENSION_MISMATCH", "INVALID_ARGUMENT"],
  ],
  unknownFactories: [
    "factory strings that FAISS does not know or that do not fit",
    ["INVALID_ARGUMENT"],
  ],
  recordsThatAreNotJson: ["records that JSON cannot represent", ["INVALID_RECORD"]],
  badFilters: [
    "filters that throw, are async or are not functions",
    [
      'The filter threw an error for the item "0": mine. ' +
        "A filter must return true or false for every record.",
      ...["INVALID_ARGUMENT", "INVALID_ARGUMENT", "INVALID_ARGUMENT"],
    ],
  ],
  badIds: ["invalid and unknown ids", ["INVALID_ARGUMENT", "nothing", false, 0]],
  closeBetweenCalls: [
    "all calls at once, with close in between",
    [10, 1, "done", "done", "CLOSED", "CLOSED", "done"],
  ],
};

describe.concurrent("misuse that crashes a process if it calls faiss-node directly", {
  timeout: 60_000,
}, () => {
  for (const [misuse, [title, expected]] of Object.entries(tests)) {
    it(title, async () => {
      expect(await outcomeOf(misuse as Misuse)).toEqual(expected);
    });
  }
});
