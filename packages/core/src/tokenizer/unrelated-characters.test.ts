import { expect, test } from "vitest";
import type { Pipeline, TokenizerConfig } from "./exact-tokenizer.ts";
import { cutBetweenUnrelated } from "./unrelated-characters.ts";

function cutterWith(addedToken: string): (text: string, from: number) => number {
  const config: TokenizerConfig = {
    normalizer: { type: "Replace", pattern: { String: " " }, content: "▁" },
    pre_tokenizer: null,
    added_tokens: [{ content: addedToken }],
    model: { type: "BPE" },
  };
  const tokens = ["a", "b", "c", "▁", addedToken];
  const pipeline = {
    normalizer: (text: string) => text.replaceAll(" ", "▁"),
    model: { tokens_to_ids: new Map(tokens.map((token, id) => [token, id])) },
  };
  return cutBetweenUnrelated(pipeline as unknown as Pipeline, config)!;
}

test("a text is cut between two characters that no token has beside each other", () => {
  expect(cutterWith("bc")("abca", 0)).toBe(1);
  expect(cutterWith("bc")("abca", 1)).toBe(3);
  expect(cutterWith("abc")("abc", 0)).toBe(3);
});

test("a text is not cut in an added token, also at a space in it", () => {
  expect(cutterWith("b c")("b c", 0)).toBe(3);
  expect(cutterWith("b c")("ab ca", 1)).toBe(4);
});
