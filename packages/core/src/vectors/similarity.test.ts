import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { SimilarityFunction } from "./similarity.ts";
import { similarity } from "./similarity.ts";

type Golden = Record<"first" | "second" | SimilarityFunction, number[][]>;
const golden: Golden = JSON.parse(
  readFileSync(new URL("../../../../test/golden/similarity.json", import.meta.url), "utf8"),
);

describe("Sentence Transformers' own values", () => {
  test.for(["cosine", "dot", "euclidean", "manhattan"] as const)("%s", (name) => {
    const actual = similarity(
      golden.first,
      golden.second.map((vector) => Float32Array.from(vector)),
      name,
    );
    expect(actual).toHaveLength(golden.first.length);
    actual.forEach((row, left) => {
      expect(row).toHaveLength(golden.second.length);
      row.forEach((value, right) => {
        const expected = golden[name][left]![right]!;
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(
          1e-5 * Math.max(1, Math.abs(expected)),
        );
      });
    });
  });
});

test("a single vector, also as a typed array, counts as one row", () => {
  expect(similarity(new Float32Array([3, 4]), [3, 4], "dot")).toEqual([[25]]);
  expect(similarity([3, 4], [[3, 4], new Float32Array([0, 1])])).toEqual([[1, 0.8]]);
  expect(similarity([], [[1]])).toEqual([]);
});

test("vectors of different lengths are refused", () => {
  expect(() => similarity([1, 2], [[1, 2, 3]])).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("2 and 3 dimensions"),
    }),
  );
});

test.for([
  [null, [1], "a must be a vector, an array of numbers; null was given"],
  [[1], undefined, "b must be a vector"],
  ["ab", [1], "a must be a vector"],
  [{}, [1], "a must be a vector"],
  [[[1], null], [1], "a[1] must be a vector"],
  [["1"], [1], 'a[0] must be a vector, an array of numbers; "1" was given'],
  [[1, null], [1, 1], "a[1] must be a finite number; null was given"],
  [[1], [[1], [Number.NaN]], "b[1][0] must be a finite number; NaN was given"],
  [new Float32Array([Number.POSITIVE_INFINITY]), [1], "a[0] must be a finite number"],
  [new BigInt64Array([1n]), [1], "a[0] must be a finite number"],
] as const)("similarity(%o, %o) is refused", ([a, b, message]) => {
  expect(() => similarity(a as never, b as never)).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    }),
  );
});

test("a vector can be any array-like object of numbers", () => {
  expect(similarity({ length: 2, 0: 3, 1: 4 }, [3, 4], "dot")).toEqual([[25]]);
});

test.for(["hamming", "toString"])(
  "the unknown function %s is refused, and the error lists the known ones",
  (name) => {
    expect(() => similarity([1], [1], name as "dot")).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("cosine, dot, euclidean, manhattan"),
      }),
    );
  },
);
