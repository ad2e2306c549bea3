import { expect, test } from "vitest";
import { sentenceOf } from "./show.ts";

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
