import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { folderOf } from "../../test-support/folder-of.ts";
import { loadTokenizer } from "./load-tokenizer.ts";
import { tokensOf } from "./tokens-of.ts";
import { tokensWith } from "./with-tokenizer.ts";

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

async function load(family: string) {
  const loaded = await loadTokenizer(folderOf(fileURLToPath(new URL(`fixtures/${family}`, root))));
  return { ...loaded, tokens: tokensWith(loaded) };
}

const families = [...new Set(cases.map(({ family }) => family))];

test.each(families)("%s gives tokens the offsets of Python", async (family) => {
  const loaded = await load(family);
  for (const { text, ids, offsets } of cases.filter((one) => one.family === family)) {
    const tokens = await tokensOf(loaded, text, { addSpecialTokens: false });
    expect
      .soft({ text, spans: tokens.map(({ id, start, end }) => [id, start, end]) })
      .toEqual({ text, spans: ids.map((id, index) => [id, ...offsets[index]!]) });
    for (const token of tokens) expect(token.text).toBe(text.slice(token.start!, token.end!));
  }
});

test("special tokens around the text have names and no offsets", async () => {
  const tokens = await tokensOf(await load("embeddinggemma"), "x", { addSpecialTokens: true });
  expect(tokens).toEqual([
    { id: 2, text: "<bos>", isSpecial: true, start: null, end: null },
    { id: 372, text: "x", isSpecial: false, start: 0, end: 1 },
    { id: 1, text: "<eos>", isSpecial: true, start: null, end: null },
  ]);
});

test("a backend without `tokens` is refused", async () => {
  const { tokenizer, specialTokens } = await load("embeddinggemma");
  await expect(
    tokensOf({ tokenizer, specialTokens }, "x", { addSpecialTokens: true }),
  ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test.each(families)("%s: a long text in pieces has the tokens of the whole", async (family) => {
  const loaded = await load(family);
  const texts = cases.filter((one) => one.family === family).map(({ text }) => text);
  const text = `${texts.join(" and ")} of a red planet `.repeat(40);
  const whole = loaded.spans(text.toWellFormed());
  expect(await loaded.tokens(text)).toEqual(whole);
  expect(whole.map(({ id }) => id)).toEqual(loaded.tokenizer.encode(text));
});

test("a long text can be aborted", async () => {
  const { tokens } = await load("embeddinggemma");
  const controller = new AbortController();
  const running = tokens("a red planet ".repeat(100_000), { signal: controller.signal });
  setImmediate(() => controller.abort(new Error("no longer needed")));
  await expect(running).rejects.toThrow("no longer needed");
});
