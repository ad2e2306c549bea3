import { expect, test } from "vitest";
import { buildBpeTables } from "./bpe-tables.ts";
import { isIntact, packTokenizer, unpackTokenizer } from "./tokenizer-file.ts";

const config = {
  normalizer: null,
  pre_tokenizer: null,
  added_tokens: [{ id: 7, content: "火" }],
  model: { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] },
};
const tokenizer = { config, tables: (await buildBpeTables(config.model))! };

test("unpacking restores what was packed", () => {
  const file = packTokenizer(tokenizer);
  expect(isIntact(file)).toBe(true);
  expect(unpackTokenizer(file)).toEqual(tokenizer);
});

test("a tokenizer without tables is remembered as such", () => {
  const file = packTokenizer(null);
  expect(isIntact(file)).toBe(true);
  expect(unpackTokenizer(file)).toBe(null);
});

test("every damage is noticed", () => {
  const file = packTokenizer(tokenizer);
  for (let index = 0; index < file.length; index++) {
    const damaged = file.slice();
    damaged[index]! ^= 0x10;
    expect(isIntact(damaged)).toBe(false);
  }
  expect(isIntact(file.slice(0, -8))).toBe(false);
  expect(isIntact(new Uint8Array(0))).toBe(false);
});
