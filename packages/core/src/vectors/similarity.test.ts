import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { quantizeEmbeddings } from "./quantization.ts";
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
      message: expect.stringContaining("a[0] has 2 dimensions, but b[0] has 3."),
    }),
  );
});

test.for([
  [null, [1], "a must be a vector, an array of numbers; null was given"],
  [[1], undefined, "b must be a vector"],
  ["ab", [1], "a must be a vector"],
  [{}, [1], "a must be a vector"],
  [[[1], null], [1], "a[1] must be a vector"],
  [[[]], [[]], "a[0] must be a vector with at least one number"],
  [[1], new Float32Array(0), "b must be a vector with at least one number"],
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

describe("quantized vectors are compared by what they stand for", () => {
  /** 64 numbers, of which the first dimensions have another range than the last. */
  const vectorOf = (seed: number) =>
    Float32Array.from(
      { length: 64 },
      (_, index) => Math.sin(seed * (index + 1)) + (64 - index) / 40,
    );
  const vectors = [1, 1.02, 2, 5].map(vectorOf);
  const expected = similarity(vectors, vectors);

  test.for([
    ["float32", 0],
    ["int8", 0.01],
    ["uint8", 0.01],
    ["binary", 0.35],
    ["ubinary", 0.35],
  ] as const)("%s", ([precision, tolerance]) => {
    const quantized = quantizeEmbeddings(vectors, precision);
    for (const actual of [similarity(quantized, quantized), similarity(quantized, vectors)]) {
      actual.forEach((row, left) => {
        row.forEach((score, right) => {
          expect(Math.abs(score - expected[left]![right]!)).toBeLessThanOrEqual(tolerance);
        });
      });
      expect(actual[0]![1]).toBeGreaterThan(actual[0]![3]!);
    }
    expect(similarity(quantized[0]!, vectors)).toHaveLength(1);
  });

  test("with ranges of their own each", () => {
    const ranges = { min: vectorOf(1).map(() => -2), max: vectorOf(1).map(() => 4) };
    const [score] = similarity(
      quantizeEmbeddings([vectors[0]!], "int8", { ranges }),
      quantizeEmbeddings(vectors, "uint8"),
    );
    expect(score![3]).toBeCloseTo(expected[0]![3]!, 2);
  });

  test("also for the other functions, as vectors of unit length if only the signs are left", () => {
    const [signs] = quantizeEmbeddings([[1, 2, 3, -4]], "binary");
    expect(similarity(signs!, [0.5, 0.5, 0.5, -0.5], "euclidean")).toEqual([[-0]]);
    const bytes = quantizeEmbeddings(
      [
        [3, 4],
        [0, 0],
        [255, 255],
      ],
      "uint8",
    );
    expect(similarity(bytes[0]!, [1, 1], "dot")[0]![0]).toBeCloseTo(8, 0);
  });

  test.for([Uint8Array, Int8Array, Uint8ClampedArray])("but not other %o", (Bytes) => {
    const bytes = Bytes.from([1, 2]);
    for (const call of [
      () => similarity(bytes, [1, 2]),
      () => similarity([[1, 2]], [[1, 2], bytes]),
    ])
      expect(call).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(() => similarity([1, 2], bytes)).toThrow(
      /^b must be a vector whose numbers can be compared; an object \(.*Array\) was given\. Comp/,
    );
    expect(similarity(Float32Array.from(bytes), [1, 2], "dot")).toEqual([[5]]);
  });

  test("and not copies, which do not remember their ranges", () => {
    const [vector] = quantizeEmbeddings(vectors, "int8");
    expect(() => similarity(vector!.slice(), vectors)).toThrow(
      "int8 or uint8 with integerSimilarity",
    );
  });
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
