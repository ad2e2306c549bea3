import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { folderOf } from "../../test-support/folder-of.ts";
import { loadTokenizer } from "./load-tokenizer.ts";
import { tokensOf } from "./tokens-of.ts";

interface Case {
  readonly family: string;
  readonly text: string;
  readonly ids: readonly number[];
  readonly offsets: readonly (readonly [number, number])[];
}

const root = new URL("../../../../test/", import.meta.url);
// Written by test/reference/make_token_offsets.py.
const { cases }: { cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL("golden/token-offsets.json", root), "utf8"),
);

const load = (family: string) =>
  loadTokenizer(folderOf(fileURLToPath(new URL(`fixtures/${family}`, root))));

const families = [...new Set(cases.map(({ family }) => family))];

test.each(families)("%s gives tokens the offsets of Python", async (family) => {
  const loaded = await load(family);
  for (const { text, ids, offsets } of cases.filter((one) => one.family === family)) {
    const tokens = tokensOf(loaded, text, false);
    expect
      .soft({ text, spans: tokens.map(({ id, start, end }) => [id, start, end]) })
      .toEqual({ text, spans: ids.map((id, index) => [id, ...offsets[index]!]) });
    for (const token of tokens) expect(token.text).toBe(text.slice(token.start!, token.end!));
  }
});

test("special tokens around the text have names and no offsets", async () => {
  const tokens = tokensOf(await load("embeddinggemma"), "x", true);
  expect(tokens).toEqual([
    { id: 2, text: "<bos>", isSpecial: true, start: null, end: null },
    { id: 372, text: "x", isSpecial: false, start: 0, end: 1 },
    { id: 1, text: "<eos>", isSpecial: true, start: null, end: null },
  ]);
});

test("a tokenizer without `tokens` is refused", async () => {
  const { tokenizer, specialTokens } = await load("embeddinggemma");
  const { encode, decode } = tokenizer;
  expect(() => tokensOf({ tokenizer: { encode, decode }, specialTokens }, "x", true)).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});
