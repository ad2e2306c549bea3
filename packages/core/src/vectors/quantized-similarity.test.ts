import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { quantizeEmbeddings } from "./quantization.ts";
import { calibrate } from "./quantization-ranges.ts";
import { hammingDistance, integerSimilarity } from "./quantized-similarity.ts";
import { similarity } from "./similarity.ts";

interface Golden {
  readonly queries: number[][];
  readonly documents: number[][];
  readonly calibration: number[][];
  readonly ranges: [number[], number[]];
  readonly ubinary: number[][];
  readonly uint8: number[][];
}

// Written by test/reference/make_quantized_search.py.
const golden: Golden = JSON.parse(
  readFileSync(new URL("../../../../test/golden/quantized-search.json", import.meta.url), "utf8"),
);
const float32 = (vectors: number[][]) => vectors.map((vector) => Float32Array.from(vector));
const queries = float32(golden.queries);
const documents = float32(golden.documents);
const ranges = calibrate(float32(golden.calibration));

describe("FAISS's scores", () => {
  test("the ranges are those of Sentence Transformers", () => {
    expect([Array.from(ranges.min), Array.from(ranges.max)]).toEqual(golden.ranges);
  });

  test.each(["binary", "ubinary"] as const)("Hamming distances of %s", (precision) => {
    const bits = [queries, documents].map((vectors) => quantizeEmbeddings(vectors, precision));
    expect(hammingDistance(bits[0]!, bits[1]!)).toEqual(golden.ubinary);
    const copies = bits.map((vectors) => vectors.map((vector) => Array.from(vector)));
    expect(hammingDistance(copies[0]!, copies[1]!)).toEqual(golden.ubinary);
    expect(hammingDistance(bits[0]![1]!, bits[1]![2]!)).toEqual([[golden.ubinary[1]![2]]]);
  });

  test("inner products of uint8", () => {
    const [left, right] = [queries, documents].map((vectors) =>
      quantizeEmbeddings(vectors, "uint8", { ranges }),
    );
    expect(integerSimilarity(left!, right!)).toEqual(golden.uint8);
    expect(
      integerSimilarity(
        left!.map((vector) => vector.slice()),
        right!,
      ),
    ).toEqual(golden.uint8);
  });

  test("inner products of int8 are those of the numbers", () => {
    const [left, right] = [queries, documents].map((vectors) =>
      quantizeEmbeddings(vectors, "int8", { ranges }),
    );
    const expected = similarity(
      left!.map((vector) => Array.from(vector)),
      right!.map((vector) => Array.from(vector)),
      "dot",
    );
    expect(integerSimilarity(left!, right!)).toEqual(expected);
  });
});

describe("vectors that cannot be compared are refused, and what to use is said", () => {
  const bits = quantizeEmbeddings(documents, "ubinary");
  const signedBits = quantizeEmbeddings(documents, "binary");
  const steps = quantizeEmbeddings(documents, "uint8", { ranges });

  test.each<[string, () => unknown, RegExp]>([
    ["floats as bits", () => hammingDistance(queries, bits), /a\[0\].*other vectors similarity/],
    ["steps as bits", () => hammingDistance(bits, steps), /b\[0\].*use integerSimilarity/],
    ["bits as steps", () => integerSimilarity(steps, bits), /b\[0\].*use hammingDistance/],
    ["floats as steps", () => integerSimilarity(steps, queries[0]!), /^b must be/],
    ["other lengths", () => hammingDistance(bits[0]!, [1]), /a\[0\] has 2 bytes, but b\[0\] has 1/],
    ["other precisions", () => hammingDistance(bits, signedBits), /Uint8Array.*Int8Array/],
    [
      "signed bits as plain numbers",
      () => hammingDistance([[-1, 2]], bits),
      /Int8Array.*Uint8Array/,
    ],
    [
      "unsigned steps as plain numbers",
      () => integerSimilarity([[1, 200]], [[-1, 2]]),
      /Uint8.*Int8/,
    ],
    ["numbers beyond a byte", () => hammingDistance([[256]], [[1]]), /^a\[0\] must be/],
    ["holes", () => hammingDistance(bits, new Array(1)), /^b\[0\] must be/],
    ["nothing", () => integerSimilarity(undefined as never, steps), /^a must be/],
    [
      "copies of bits",
      () => similarity(bits[0]!.slice(), bits),
      /Compare packed bits with hamming/,
    ],
    ["a single vector", () => calibrate([queries[0]!]), /at least two vectors/],
    ["no array", () => calibrate(queries[0]! as never), /array of vectors/],
    ["quantized ones", () => calibrate(steps), /not quantized yet/],
    ["vectors of several lengths", () => calibrate([[1, 2], [1]]), /embeddings\[1\] has 1 numbers/],
  ])("%s", (_name, compare, message) => {
    expect(compare).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(message),
      }),
    );
  });

  test("except for plain numbers that fit both, such as 0", () => {
    const plain = bits.map((vector) => Array.from(vector, (byte) => byte & 127));
    expect(hammingDistance(plain, bits)).toHaveLength(bits.length);
    expect(hammingDistance(plain, signedBits)).toHaveLength(bits.length);
  });

  test("no vectors give no scores", () => {
    expect(hammingDistance([], bits)).toEqual([]);
    expect(integerSimilarity(steps.slice(0, 1), [])).toEqual([[]]);
  });
});
