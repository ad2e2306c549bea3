import fc from "fast-check";
import { expect, test } from "vitest";
import { buildVocabulary, Vocabulary } from "./vocabulary.ts";

const tokens = fc.uniqueArray(
  fc.string({ unit: "binary", minLength: 1 }).map((text) => text.toWellFormed()),
);

test("finds each token and each id, and nothing else", () => {
  fc.assert(
    fc.property(tokens, fc.string({ unit: "binary" }), fc.nat(3), (tokens, other, gap) => {
      const ids = new Map(tokens.map((token, index) => [token, index * (gap + 1)]));
      const vocabulary = new Vocabulary(buildVocabulary(ids)!);
      expect(new Set(vocabulary.keys())).toEqual(new Set(tokens));
      for (const [token, id] of ids) {
        expect(vocabulary.get(token)).toBe(id);
        expect(vocabulary.token(id)).toBe(token);
      }
      expect(vocabulary.get(other)).toBe(ids.get(other));
      expect(vocabulary.token(tokens.length * (gap + 1))).toBe(undefined);
      expect(vocabulary.token(-1)).toBe(undefined);
    }),
  );
});

test("a lone surrogate is not the character that replaces it", () => {
  const vocabulary = new Vocabulary(
    buildVocabulary(new Map(Object.entries({ "\ufffd": 0, "\ufeffa": 1 })))!,
  );
  expect(vocabulary.get("\ud83d")).toBe(undefined);
  expect(vocabulary.get("\ufffd")).toBe(0);
  expect(vocabulary.token(1)).toBe("\ufeffa");
  expect(vocabulary.get("x".repeat(10_000))).toBe(undefined);
});
