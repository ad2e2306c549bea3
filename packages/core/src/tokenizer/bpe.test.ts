import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bpeEncoder } from "./bpe.ts";
import { type BpeConfig, buildBpeTables } from "./bpe-tables.ts";
import { Vocabulary } from "./vocabulary.ts";

async function encoderOf(config: BpeConfig): Promise<(word: string) => number[]> {
  const tables = (await buildBpeTables(config))!;
  const encode = bpeEncoder(tables, new Vocabulary(tables), config);
  return (word) => {
    const ids: number[] = [];
    encode(word, ids);
    return ids;
  };
}

/** As the definition says: joins the first pair of the lowest rank, until there is none. */
function encodeSlowly({ vocab, merges }: BpeConfig, word: string): number[] {
  const tokens = [...word];
  for (;;) {
    const pairs = tokens.slice(1).map((token, index) => `${tokens[index]} ${token}`);
    const next = merges!.find((merge) => pairs.includes(merge as string));
    if (next === undefined) return tokens.map((token) => vocab![token]!);
    const index = pairs.indexOf(next as string);
    tokens.splice(index, 2, tokens[index]! + tokens[index + 1]!);
  }
}

const letters = ["a", "b", "c", "é", "火", "🙂"];

/** Models whose merges join tokens that come before. */
const models = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 40 }).map((pairs) => {
  const tokens = [...letters];
  const merges: string[] = [];
  for (const [a, b] of pairs) {
    const [left, right] = [tokens[a % tokens.length]!, tokens[b % tokens.length]!];
    if (merges.includes(`${left} ${right}`) || (left + right).length > 12) continue;
    merges.push(`${left} ${right}`);
    if (!tokens.includes(left + right)) tokens.push(left + right);
  }
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return { type: "BPE", vocab, merges } satisfies BpeConfig;
});

test("a word is merged as the definition says", async () => {
  const word = fc.array(fc.constantFrom(...letters), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(models, fc.array(word, { maxLength: 5 }), async (model, words) => {
      const encode = await encoderOf(model);
      for (const letters of words)
        expect(encode(letters.join(""))).toEqual(encodeSlowly(model, letters.join("")));
    }),
    { numRuns: 500 },
  );
});

test("a long word takes time that grows with its length, not with its square", async () => {
  const tokens = ["a", "aa", "aaaa", "aaaaaaaa"];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const encode = await encoderOf({ type: "BPE", vocab, merges: ["a a", "aa aa", "aaaa aaaa"] });
  const startedAt = performance.now();
  expect(encode("a".repeat(800_000))).toEqual(Array(100_000).fill(3));
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

// The ids come from Python's tokenizers 0.23.3 with the same vocabulary and merges.
describe("characters that are not in the vocabulary", () => {
  const vocab = { "<unk>": 0, a: 1, b: 2, ab: 3, "<0xC3>": 4, "<0xA9>": 5, "<unk>a": 6 };
  const config: BpeConfig = { type: "BPE", vocab, merges: ["a b"], unk_token: "<unk>" };

  test.for([
    [{}, "axyb", [1, 0, 0, 2]],
    [{ fuse_unk: true }, "axyb", [1, 0, 2]],
    [{ fuse_unk: true }, "xab", [0, 3]],
    [{ byte_fallback: true }, "aéb", [1, 4, 5, 2]],
    [{ byte_fallback: true, fuse_unk: true }, "xéxb", [4, 5, 0, 2]],
    [{ byte_fallback: true }, "xéxb", [4, 5, 0, 0, 2]],
    [{ unk_token: null }, "axb", [3]],
    [
      {
        merges: [
          ["<unk>", "a"],
          ["a", "b"],
        ],
      },
      "xab",
      [6, 2],
    ],
  ] as [Partial<BpeConfig>, string, number[]][])("%j: %s", async ([settings, word, ids]) => {
    expect((await encoderOf({ ...config, ...settings }))(word)).toEqual(ids);
  });
});

test("with ignore_merges, a word that is a token stays whole", async () => {
  const vocab = { a: 0, b: 1, c: 2, ab: 3, abc: 4 };
  const config: BpeConfig = { type: "BPE", vocab, merges: ["a b"] };
  expect((await encoderOf(config))("abc")).toEqual([3, 2]);
  expect((await encoderOf({ ...config, ignore_merges: true }))("abc")).toEqual([4]);
});

describe("no tables are made", () => {
  const vocab = { a: 0, b: 1, ab: 2 };

  test.for([
    ["another model", { type: "WordPiece", vocab }],
    [
      "a suffix at the end of words",
      { type: "BPE", vocab, merges: [], end_of_word_suffix: "</w>" },
    ],
    ["a merge of an unknown token", { type: "BPE", vocab, merges: ["a c"] }],
    ["a merge of three tokens", { type: "BPE", vocab, merges: ["a b ab"] }],
    ["an unknown token that is no token", { type: "BPE", vocab, merges: [], unk_token: "<unk>" }],
    ["two tokens with one id", { type: "BPE", vocab: { a: 0, b: 0 }, merges: [] }],
    ["an empty token", { type: "BPE", vocab: { "": 0 }, merges: [] }],
    ["a huge id", { type: "BPE", vocab: { a: 9_999_999 }, merges: [] }],
  ] as [string, BpeConfig][])("for %s", async ([, config]) => {
    expect(await buildBpeTables(config)).toBe(null);
  });
});
