import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AutoTokenizer, PreTrainedTokenizer } from "@huggingface/transformers";
import { describe, expect, test } from "vitest";
import { makeExact, type TokenizerConfig } from "./exact-tokenizer.ts";

const folder = fileURLToPath(
  new URL("../../../../test/fixtures/xlm-roberta-unigram", import.meta.url),
);
const tokenizer = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
const untouched = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
const config = JSON.parse(readFileSync(`${folder}/tokenizer.json`, "utf8")) as TokenizerConfig;
makeExact(tokenizer, config);

// Results of `Tokenizer.from_file(…).encode(text).ids` in Python's tokenizers 0.23.
const references = [
  ["next\u0085line", [0, 4, 15, 210, 10, 4, 214, 447, 2]],
  ["a\u0085b \u2028 c\ufeffd", [0, 17, 462, 146, 30, 2]],
  ["ｶﾞ ﬁ 👨\u200d👩\u200d👧", [0, 4, 3, 734, 4, 3, 2]],
  ["a\r\nb \u0007c", [0, 17, 462, 146, 2]],
  ["e\u0301 Ｈ", [0, 4, 34, 185, 2]],
] as const;

test.for(references)("%j has the same tokens as in Python", ([text, ids]) => {
  expect(tokenizer.encode(text)).toEqual(ids);
});

test("other tokenizers are not changed", () => {
  expect(untouched.encode(references[0][0])).not.toEqual(references[0][1]);
});

const words = [
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[PAD]",
  "σ",
  "ς",
  "ο",
  "##δ",
  "##ο",
  "##σ",
  "##ς",
  "a",
  "##b",
  "##c",
  "A",
  "##B",
];

function wordPiece(normalizer: object | null, options?: object): PreTrainedTokenizer {
  const special = words.slice(0, 4).map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const tokenizer = {
    version: "1.0",
    added_tokens: special,
    normalizer,
    pre_tokenizer: { type: "WhitespaceSplit" },
    post_processor: null,
    decoder: null,
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    },
  };
  const exact = new PreTrainedTokenizer(tokenizer, { unk_token: "[UNK]" });
  makeExact(exact, tokenizer as TokenizerConfig, options);
  return exact;
}

// The ids come from Python's tokenizers 0.23 with the same JSON.
describe("a BERT tokenizer", () => {
  // The vocabulary has "a" and "##b", so that "ab" with a character that stays is unknown.
  const clean = { type: "BertNormalizer", clean_text: true, strip_accents: true };

  test.for([
    ["a\u0301b", [11, 12]],
    ["a\u1734b", [11, 12]],
    ["a\u200db", [11, 12]],
    ["a\u08cbb", [0]],
    ["a\u1acfb", [0]],
    ["a\u{11a01}b", [0]],
    ["a\u0891b", [0]],
    ["a\u08e2b", [0]],
  ] as const)("removes from %j what `tokenizers` knows as accents and controls", ([text, ids]) => {
    expect(wordPiece(clean).encode(text)).toEqual(ids);
  });
});

describe("a text with capital letters", () => {
  const lowercasing = {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    lowercase: true,
  };

  test.for([
    ["ΟΔΟΣ", [6, 7, 8, 9]],
    ["οδος", [6, 7, 8, 10]],
    ["AbC [CLS] ΟΔΟΣ", [11, 12, 13, 1, 6, 7, 8, 9]],
  ] as const)("%j gets no final sigma if the tokenizer lowercases", ([text, ids]) => {
    const tokenizer = wordPiece(lowercasing);
    expect(tokenizer.encode(text)).toEqual(ids);
  });

  test.for([
    [false, "ABC [CLS] AB", [0, 1, 14, 15]],
    [true, "ABC [CLS] AB", [11, 12, 13, 1, 11, 12]],
    [true, "ΟΔΟΣ", [6, 7, 8, 9]],
  ] as const)(
    "is lowercased if the model says so (%j), except for special tokens: %j",
    ([lowerCase, text, ids]) => {
      const tokenizer = wordPiece(null, { lowerCase });
      expect(tokenizer.encode(text)).toEqual(ids);
    },
  );
});
