import { expect, test } from "vitest";
import { alignedText, originOf, replaceAligned } from "./aligned-text.ts";

// As `NormalizedString::replace` of Python's tokenizers 0.23.3.
test("a replacement belongs to the last character of what it replaces", () => {
  const replaced = replaceAligned(alignedText("a   👍 b"), / {2,}/gu, "▁");
  expect(replaced.text).toBe("a▁👍 b");
  expect(originOf(replaced, 1, 2)).toEqual({ start: 3, end: 4 });
  expect(originOf(replaced, 2, 4)).toEqual({ start: 4, end: 6 });
  expect(originOf(replaced, 4, 6)).toEqual({ start: 6, end: 8 });
});
