import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PreTrainedTokenizer } from "@huggingface/transformers";
import { expect, test } from "vitest";
import { pipelineOf, type TokenizerConfig } from "./exact-tokenizer.ts";
import { type UnigramModel, unigramEncoder } from "./unigram.ts";

const folder = fileURLToPath(
  new URL("../../../../test/fixtures/xlm-roberta-unigram", import.meta.url),
);
const config: TokenizerConfig = JSON.parse(readFileSync(`${folder}/tokenizer.json`, "utf8"));
const { model } = pipelineOf(new PreTrainedTokenizer(config, { eos_token: "</s>" }));
const encode = unigramEncoder(model as typeof model & UnigramModel);

const letters = [..."▁aeinrst▁火星的是👨\u200d👩Größe\u0301qxzжم<s>"];

test("a word gets the pieces of Transformers.js", () => {
  let state = 7;
  const next = (limit: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return (state >> 8) % limit;
  };
  for (let round = 0; round < 300; round++) {
    const word = Array.from({ length: 1 + next(60) }, () => letters[next(letters.length)]).join("");
    const expected = (model as unknown as (words: string[]) => string[])([word]);
    expect(encode(word)).toEqual(expected);
  }
});

test("time grows with the length of a word, not with its square", () => {
  const word = "火星是太阳系的第四颗行星".repeat(20_000);
  const startedAt = performance.now();
  expect(encode(word).join("")).toBe(word);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});
