import { PreTrainedTokenizer } from "@huggingface/transformers";
import { describe, expect, test } from "vitest";
import { buildBpeTables } from "./bpe-tables.ts";
import { type CompactConfig, useBpeTables, withoutTables } from "./bpe-tokenizer.ts";
import { makeExact } from "./exact-tokenizer.ts";

const added = (id: number, content: string, settings: object = {}) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: false,
  ...settings,
});

const config: CompactConfig = {
  normalizer: { type: "Lowercase" },
  pre_tokenizer: null,
  added_tokens: [
    added(5, "<m>"),
    added(6, "<m>x"),
    added(7, "<l>", { lstrip: true }),
    added(8, "<r>", { rstrip: true }),
    added(9, "ab", { single_word: true }),
    added(10, "BA", { normalized: true }),
    added(11, "<s>", { special: true }),
  ],
  model: { type: "BPE", vocab: { a: 0, b: 1, " ": 2, é: 3, _: 4, "  ": 12 }, merges: [[" ", " "]] },
};
const rest = { post_processor: null, decoder: { type: "Fuse" } };

const tokenizer = new PreTrainedTokenizer({ ...rest, ...withoutTables(config) }, {});
const { encode } = useBpeTables(tokenizer, config, (await buildBpeTables(config.model))!);
makeExact(tokenizer, config);

// The ids come from Python's tokenizers 0.23.3 with the same JSON.
describe("added tokens are found as in Python", () => {
  test.for([
    ["a<m>b", [0, 5, 1]],
    ["<m>xa<m>", [6, 0, 5]],
    ["a  <l>  b", [0, 7, 12, 1]],
    ["a  <r>  b", [0, 12, 8, 1]],
    ["<r>  <l>", [8, 7]],
    ["a<r>\u00a0\u0085b", [0, 8, 1]],
    ["ab", [9]],
    ["aab", [0, 0, 1]],
    ["ab a", [9, 2, 0]],
    ["_ab", [4, 0, 1]],
    ["éab", [3, 0, 1]],
    ["ab<m>ab", [9, 5, 9]],
    ["BA ba Ba", [10, 2, 10, 2, 10]],
    ["AB", [0, 1]],
    ["<M>", []],
    ["a<l>", [0, 7]],
  ] as const)("%j", ([text, ids]) => {
    expect(encode(text)).toEqual(ids);
  });
});

test("the tokenizer of Transformers.js encodes and decodes with the tables", () => {
  expect(tokenizer.encode("a  b<m>é")).toEqual([0, 12, 1, 5, 3]);
  expect(tokenizer.decode([0, 12, 1, 5, 3, 11], { skip_special_tokens: true })).toBe("a  b<m>é");
  expect(tokenizer.decode([0, 11])).toBe("a<s>");
});
