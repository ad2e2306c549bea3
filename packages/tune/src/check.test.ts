import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { expect, test } from "vitest";
import { checkOptions, invalidData, type Rule, type Rules, rules, someOf } from "./check.ts";

const seed: Rule = rules.count;
const optionRules: Rules<{ seed?: number }> = { seed };

test("options are refused with an error of core", () => {
  expect(() => checkOptions({ sed: 1 } as object, optionRules)).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringMatching(/`seed`/) }),
  );
});

test("an error for data has details, and a cause if there is one", () => {
  const cause = new Error("why");
  const error = invalidData("what", { line: 1 }, cause);
  expect(error).toMatchObject({ code: "DATA_INVALID", message: "what", details: { line: 1 } });
  expect(error.cause).toBe(cause);
  expect(EmbeddingGemmaError.isInstance(invalidData("what"))).toBe(true);
});

test("of many ids, a few are named", () => {
  expect(someOf(new Set(["a", "b"]))).toBe('"a", "b"');
  expect(someOf(["a", "b", "c"], 2)).toBe('"a", "b" and 1 more');
});
