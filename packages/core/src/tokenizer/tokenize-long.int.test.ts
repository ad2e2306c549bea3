import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { folderOf } from "../../test-support/folder-of.ts";
import { type LoadedTokenizer, loadTokenizer } from "../runtime/load-tokenizer.ts";
import { type TokenizeOptions, tokenizeTexts } from "./tokenize-long.ts";

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../../test/fixtures/${name}`, import.meta.url));

const folders = {
  "tiny-model": fileURLToPath(new URL("../../../tiny-model/model", import.meta.url)),
  "bert-mean": fixture("bert-mean"),
  embeddinggemma: fixture("embeddinggemma"),
  "qwen3-last-token": fixture("qwen3-last-token"),
  "xlm-roberta-unigram": fixture("xlm-roberta-unigram"),
};

const words =
  "Mars is the 4th planet; its soil's iron oxide looks red. 火星は赤い。 Größe e\u0301 " +
  "<eos>  [SEP] </s> don't I'LL 3.14 naïve 👨\u200d👩\u200d👧 x\n\ny \t z <pad> ▁a\u0085b \u200b… ";

/** Words in the order of a pseudo-random number, so that each cut has other neighbors. */
function shuffled(seed: number, count: number): string {
  const parts = words.split(/(?<=\s)/);
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return parts[state % parts.length];
  }).join("");
}

const texts: readonly (readonly [string, string])[] = [
  ...[1, 2, 3].map((seed) => [`words, seed ${seed}`, shuffled(seed, 4000)] as const),
  ["English", words.slice(0, 57).repeat(300)],
  ["one word", "Donaudampfschiff".repeat(400)],
  ["spaces", " ".repeat(6000)],
  ["a word, spaces, a word", `a${" ".repeat(5000)}b c`],
  ["emoji", "👨\u200d👩\u200d👧❤\ufe0f\u200d🔥".repeat(500)],
  ["combining marks", "e\u0301\u0323 ".repeat(2000)],
  ["combining marks on one letter", `a${"\u0301".repeat(5000)} b c`],
  ["Chinese", "火星是太阳系的第四颗行星".repeat(400)],
  ["lone surrogates", "Mars \ud83d is \udc68 red ".repeat(400)],
  ["line breaks", "a b\n\n\nc d\r\n".repeat(600)],
  ["digits", "12 a 345 b 6 ".repeat(500)],
];

describe.each(Object.entries(folders))("the tokenizer of %s", (_, folder) => {
  let loaded: LoadedTokenizer;
  let cut: (text: string, options?: TokenizeOptions) => Promise<number[]>;
  const tokenized: string[] = [];

  beforeAll(async () => {
    loaded = await loadTokenizer(folderOf(folder));
    cut = async (text, options) => {
      tokenized.length = 0;
      const whole = async (parts: readonly string[]) => {
        tokenized.push(...parts);
        return parts.map(loaded.tokenizer.encode);
      };
      const [tokens] = await tokenizeTexts([text], whole, loaded.pieces, options);
      return tokens!;
    };
  });

  test.each(texts)("gives a long text the tokens of the whole: %s", async (_name, text) => {
    const expected = loaded.tokenizer.encode(text);
    expect(await cut(text)).toEqual(expected);
    for (const maxTokens of [0, 1, 100, 700]) {
      expect((await cut(text, { maxTokens })).slice(0, maxTokens)).toEqual(
        expected.slice(0, maxTokens),
      );
      const last = await cut(text, { maxTokens, fromEnd: true });
      const lengthOf = (tokens: number[]) => Math.max(tokens.length - maxTokens, 0);
      expect(last.slice(lengthOf(last))).toEqual(expected.slice(lengthOf(expected)));
    }
  });

  test.each([false, true])("tokenizes no more of it than needed (fromEnd %j)", async (fromEnd) => {
    const text = shuffled(4, 40_000);
    await cut(text, { maxTokens: 200, fromEnd });
    expect(tokenized.join("").length).toBeLessThan(8000);
    expect(text.length).toBeGreaterThan(100_000);
  });

  test("notices an abort between two pieces", async () => {
    const abort = new AbortController();
    const whole = vi.fn(async (parts: readonly string[]) => {
      abort.abort(new Error("enough"));
      return parts.map(() => [1]);
    });
    const { signal } = abort;
    const text = shuffled(5, 40_000);
    const call = tokenizeTexts(["short", text], whole, loaded.pieces, { signal });
    await expect(call).rejects.toThrow("enough");
    expect(whole.mock.calls.length).toBeLessThan(3);
  });
});
