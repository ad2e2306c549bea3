import fc from "fast-check";
import { expect, test } from "vitest";
import { compareIds } from "./compare-ids.ts";

test("ids are in the order of their code points", () => {
  const ids = ["", "1", "10", "2", "A", "a", "aa", "é", "\u{e000}", "\u{ffff}", "😀", "😀a", "😁"];
  expect([...ids].reverse().sort(compareIds)).toEqual(ids);
  expect(compareIds("a", "a")).toBe(0);
});

test("as if their code points were compared one by one", () => {
  const points = (id: string) => Array.from(id, (character) => character.codePointAt(0)!);
  const naive = (a: string, b: string) => {
    const [left, right] = [points(a), points(b)];
    const place = left.findIndex((point, index) => point !== right[index]);
    if (place < 0) return left.length - right.length;
    return left[place]! - (right[place] ?? -1);
  };
  const ids = fc.string({ unit: "binary", maxLength: 4 });
  fc.assert(
    fc.property(ids, ids, (a, b) => {
      expect(Math.sign(compareIds(a, b))).toBe(Math.sign(naive(a, b)));
    }),
  );
});
