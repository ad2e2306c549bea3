import { readFileSync } from "node:fs";
import { PreTrainedTokenizer } from "@huggingface/transformers";
import { describe, expect, test } from "vitest";
import { makeExact, type TokenizerConfig } from "./exact-tokenizer.ts";

interface Golden {
  readonly texts: readonly string[];
  readonly cases: readonly { name: string; tokenizer: TokenizerConfig; ids: number[][] }[];
}

// Written by test/reference/make_tokenizers.py. Each vocabulary has every word of the texts.
const golden: Golden = JSON.parse(
  readFileSync(new URL("../../../../test/golden/tokenizers.json", import.meta.url), "utf8"),
);

describe.each(golden.cases)("$name", ({ tokenizer: config, ids }) => {
  const tokenizer = new PreTrainedTokenizer(config, { unk_token: "[UNK]" });
  makeExact(tokenizer, config);

  test.each(golden.texts.map((text, index) => [text, ids[index]] as const))(
    "gives %j the tokens of Python",
    (text, expected) => {
      expect(tokenizer.encode(text)).toEqual(expected);
    },
  );
});
