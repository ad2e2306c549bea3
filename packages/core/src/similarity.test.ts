import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { SimilarityFunction } from "./model-description.ts";
import { similarity } from "./similarity.ts";

type Golden = Record<"first" | "second" | SimilarityFunction, number[][]>;
const golden: Golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/similarity.json", import.meta.url), "utf8"),
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
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(expected)));
      });
    });
  });
});

test("single vectors and typed arrays are taken as one row", () => {
  expect(similarity(new Float32Array([3, 4]), [3, 4], "dot")).toEqual([[25]]);
  expect(similarity([3, 4], [[3, 4], new Float32Array([0, 1])])).toEqual([[1, 0.8]]);
  expect(similarity([], [[1]])).toEqual([]);
});

test("vectors of different lengths cannot be compared", () => {
  expect(() => similarity([1, 2], [[1, 2, 3]])).toThrow(
    expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringContaining("2 and 3 numbers") }),
  );
});

test("an unknown function is refused with those that there are", () => {
  expect(() => similarity([1], [1], "hamming" as "dot")).toThrow(
    expect.objectContaining({
      code: "INVALID_OPTION",
      message: expect.stringContaining("cosine, dot, euclidean, manhattan"),
    }),
  );
});
