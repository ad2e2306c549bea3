import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { isError, sentenceOf } from "./show.ts";

test.for([
  ["permission denied", "permission denied."],
  ["Session already disposed.", "Session already disposed."],
  ["is it on?\n", "is it on?"],
  ["cut off …", "cut off …"],
])("%j is the sentence %j", ([message, sentence]) => {
  expect(sentenceOf(new Error(message))).toBe(sentence);
});

test("a bare number is a sentence, too", () => {
  expect(sentenceOf(10046360)).toBe("10046360.");
});

test("an error of another realm is one", () => {
  const error = runInNewContext('new TypeError("wrong")');
  expect(error instanceof Error).toBe(false);
  expect(isError(error)).toBe(true);
  expect(sentenceOf(error)).toBe("wrong.");
  for (const value of [null, undefined, "wrong", { message: "wrong" }, 5])
    expect(isError(value)).toBe(false);
});
