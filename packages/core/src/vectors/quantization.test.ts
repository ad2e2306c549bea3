import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Precision, type QuantizeOptions, quantizeEmbeddings } from "./quantization.ts";

interface GoldenCase {
  name: string;
  embeddings: number[][];
  ranges?: [number[], number[]];
  calibrationEmbeddings?: number[][];
  quantized: Partial<Record<Precision, number[][]>>;
}

const { cases }: { cases: GoldenCase[] } = JSON.parse(
  readFileSync(new URL("../../../../test/golden/quantization.json", import.meta.url), "utf8"),
);

describe("Sentence Transformers' own values", () => {
  test.for(cases)("$name", ({ embeddings, ranges, calibrationEmbeddings, quantized }) => {
    const options = {
      ...(ranges && { ranges: { min: ranges[0], max: ranges[1] } }),
      ...(calibrationEmbeddings && { calibrationEmbeddings }),
    };
    const vectors = embeddings.map((embedding) => Float32Array.from(embedding));
    expect(Object.keys(quantized).length).toBeGreaterThan(0);
    for (const [precision, expected] of Object.entries(quantized)) {
      const actual = quantizeEmbeddings(vectors, precision as Precision, options);
      expect(actual.map((vector) => Array.from<number>(vector))).toEqual(expected);
    }
  });
});

test.for([
  ["float32", Float32Array],
  ["int8", Int8Array],
  ["uint8", Uint8Array],
  ["binary", Int8Array],
  ["ubinary", Uint8Array],
] as const)("%s returns %o", ([precision, type]) => {
  const [vector] = quantizeEmbeddings(
    [
      [1, -1, 0],
      [2, 0, 1],
    ],
    precision,
  );
  expect(vector).toBeInstanceOf(type);
});

test("the first sign is in the highest bit", () => {
  expect([...quantizeEmbeddings([[1, -1, 0, 2, 3, -4, 5, 6]], "ubinary")[0]!]).toEqual([155]);
  expect([...quantizeEmbeddings([[1, -1, 0, 2, 3, -4, 5, 6]], "binary")[0]!]).toEqual([27]);
});

test("no vectors give no vectors", () => {
  for (const precision of ["float32", "int8", "uint8", "binary", "ubinary"] as const) {
    expect(quantizeEmbeddings([], precision)).toEqual([]);
  }
});

test.for([
  [[[1, 2]], "int8", {}, "INVALID_ARGUMENT", "single vector"],
  [[[1, 2], [1]], "ubinary", {}, "INVALID_ARGUMENT", "embeddings[1] has 1 numbers instead of 2"],
  [
    [[1, 2]],
    "int8",
    { ranges: { min: [0], max: [1] } },
    "INVALID_ARGUMENT",
    "ranges[0] has 1 numbers",
  ],
  [
    [[1, 2]],
    "int8",
    { calibrationEmbeddings: [[1]] },
    "INVALID_ARGUMENT",
    "calibrationEmbeddings[0]",
  ],
  [
    [[1, 2]],
    "int8",
    { ranges: { min: [0, 0] } },
    "INVALID_ARGUMENT",
    "ranges.max must be a vector",
  ],
  [
    [[1, 2]],
    "int8",
    { ranges: { min: [0, 1], max: [1, 0] } },
    "INVALID_ARGUMENT",
    "in dimension 1 they are 1 and 0",
  ],
  [
    [[1, 2]],
    "uint8",
    { calibrationEmbeddings: [] },
    "INVALID_ARGUMENT",
    "computed from no vectors",
  ],
  [
    [[1, 2]],
    "uint8",
    { calibrationEmbeddings: 5 },
    "INVALID_ARGUMENT",
    "calibrationEmbeddings must be an array",
  ],
  [null, "int8", {}, "INVALID_ARGUMENT", "embeddings must be an array of vectors; null was given"],
  [[[1, 2], null], "ubinary", {}, "INVALID_ARGUMENT", "embeddings[1] must be a vector"],
  [
    [
      [1, 2],
      [1, "2"],
    ],
    "float32",
    {},
    "INVALID_ARGUMENT",
    'embeddings[1][1] must be a finite number; "2" was given',
  ],
  [
    [
      [1, 2],
      [1, Number.NaN],
    ],
    "int8",
    {},
    "INVALID_ARGUMENT",
    "embeddings[1][1] must be a finite number; NaN was given",
  ],
  [[[1, 2]], "toString", {}, "INVALID_ARGUMENT", "float32, uint8, int8, ubinary, binary"],
  [[[1, 2]], "int4", {}, "INVALID_ARGUMENT", "float32, uint8, int8, ubinary, binary"],
] as const)("quantizeEmbeddings(%j, %j, %j)", ([embeddings, precision, options, code, message]) => {
  expect(() =>
    quantizeEmbeddings(embeddings as never, precision as "int8", options as QuantizeOptions),
  ).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
});

test("quantized vectors are not quantized again", () => {
  const [first, second] = quantizeEmbeddings([[1], [2]], "int8");
  expect(() => quantizeEmbeddings([[1], first!, second!], "ubinary")).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("embeddings[1] must be a vector that is not quantized yet"),
    }),
  );
  expect(() => quantizeEmbeddings([[1]], "int8", { calibrationEmbeddings: [first!] })).toThrow(
    "calibrationEmbeddings[0] must be a vector that is not quantized yet",
  );
});

test("unknown options are refused", () => {
  expect(() =>
    quantizeEmbeddings([[1]], "int8", { range: { min: [0], max: [1] } } as object),
  ).toThrow(
    expect.objectContaining({
      details: {
        option: "range",
        nearest: "ranges",
        options: ["ranges", "calibrationEmbeddings"],
      },
    }),
  );
});
