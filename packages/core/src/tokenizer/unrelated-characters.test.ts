import { expect, test } from "vitest";
import { buildBpeTables } from "./bpe-tables.ts";
import type { Pipeline, TokenizerConfig } from "./exact-tokenizer.ts";
import { cutBetweenUnrelated } from "./unrelated-characters.ts";

interface CutterOptions {
  merges?: [string, string][];
  addedToken?: string;
}

async function cutterWith({ merges = [], addedToken = "<pad>" }: CutterOptions) {
  const tokens = ["a", "b", "c", "▁", ...merges.map((pair) => pair.join(""))];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const model = { type: "BPE", vocab: Object.fromEntries(ids), merges };
  const config: TokenizerConfig = {
    normalizer: { type: "Replace", pattern: { String: " " }, content: "▁" },
    pre_tokenizer: null,
    added_tokens: [{ content: addedToken }],
    model,
  };
  const pipeline = {
    normalizer: (text: string) => text.replaceAll(" ", "▁"),
    model: { tokens_to_ids: Object.assign(ids, { joined: await buildBpeTables(model) }) },
  };
  return cutBetweenUnrelated(pipeline as unknown as Pipeline, config)!;
}

test("a text is cut between two characters that no merge joins", async () => {
  const cut = await cutterWith({ merges: [["b", "c"]] });
  expect(cut("abca", 0)).toBe(1);
  expect(cut("abca", 1)).toBe(3);
  const merges: [string, string][] = [
    ["b", "c"],
    ["a", "bc"],
  ];
  expect((await cutterWith({ merges }))("abc", 0)).toBe(3);
});

test("a text is not cut in an added token, also at a space in it", async () => {
  expect((await cutterWith({ addedToken: "abc" }))("abc", 0)).toBe(3);
  expect((await cutterWith({ addedToken: "b c" }))("b c", 0)).toBe(3);
  expect((await cutterWith({ addedToken: "b c" }))("ab ca", 1)).toBe(4);
});
