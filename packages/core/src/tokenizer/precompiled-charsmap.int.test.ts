import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { precompiledNormalizer } from "./precompiled-charsmap.ts";

const tokenizer = new URL(
  "../../../../test/fixtures/xlm-roberta-unigram/tokenizer.json",
  import.meta.url,
);
const { normalizer } = JSON.parse(readFileSync(tokenizer, "utf8")) as {
  normalizer: { precompiled_charsmap: string };
};
const normalize = precompiledNormalizer(normalizer.precompiled_charsmap);

// Results of `Tokenizer.from_file(…).normalizer.normalize_str(text)` in Python's tokenizers 0.23.
test.for([
  ["plain ASCII, kept ~!", "plain ASCII, kept ~!"],
  ["ﬁnal Ⅷ ½ Ｈｅｌｌｏ", "final VIII 1\u20442 Hello"],
  ["half-width kana ｶﾞｷﾞ", "half-width kana カ\u3099キ\u3099"],
  ["e\u0301 a\u0316\u0301 q\u0323\u0307", "\u00e9 a\u0316\u0301 q\u0323\u0307"],
  ["first\r\nsecond\tthird\n", "first second third "],
  ["a\u0007b\u0000c\u007fd", "ab\u0000cd"],
  ["👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥 🇩🇪", "👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥 🇩🇪"],
  ["zero\u200bwidth\u00a0nbsp\u3000\ufeff", "zero width nbsp  "],
  ["\uff5e \u02dc", "\uff5e  \u0303"],
  ["\ufdfa", "صلى الله عليه وسلم"],
  ["\u1100\u1161\u11a8", "\u1100\u1161\u11a8"],
  ["\u0600x\u0301", "\u0600x\u0301"],
  ["", ""],
] as const)("%j becomes %j", ([text, expected]) => {
  expect(normalize(text)).toBe(expected);
});

test("a long text is normalized from start to end", () => {
  const text = "Größe von 火星 in ｶﾞ: naïve. ".repeat(4000);
  expect(normalize(text)).toBe("Größe von 火星 in カ\u3099: naïve. ".repeat(4000));
});
