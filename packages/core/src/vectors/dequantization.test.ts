import { expect, test } from "vitest";
import { dequantizeEmbeddings } from "./dequantization.ts";
import { quantizeEmbeddings } from "./quantization.ts";
import { calibrate } from "./quantization-ranges.ts";
import { similarity } from "./similarity.ts";

const vectors = Array.from({ length: 5 }, (_, row) =>
  Float32Array.from({ length: 12 }, (_, index) => Math.sin(row * 12 + index)),
);
const ranges = calibrate(vectors);

test.for(["int8", "uint8", "binary", "ubinary"] as const)(
  "%s that was saved compares as what quantizeEmbeddings has returned",
  (precision) => {
    const kept = quantizeEmbeddings(vectors, precision, { ranges });
    const saved = JSON.parse(JSON.stringify({ min: [...ranges.min], max: [...ranges.max] }));
    const options = precision.includes("int") ? { ranges: saved } : { dimension: 12 };
    const read = kept.map((vector) => vector.slice());
    const numbers = dequantizeEmbeddings(read, precision, options);
    expect(similarity(vectors, numbers)).toEqual(similarity(vectors, kept));
    expect(numbers.every((vector) => vector.length === 12)).toBe(true);
  },
);

test("each number is in the step that it came from", () => {
  for (const precision of ["int8", "uint8"] as const) {
    const kept = quantizeEmbeddings(vectors, precision, { ranges });
    const numbers = dequantizeEmbeddings(kept, precision, { ranges });
    expect(quantizeEmbeddings(numbers, precision, { ranges })).toEqual(kept);
  }
});

test("bits have eight numbers in a byte, unless told otherwise", () => {
  const [vector] = dequantizeEmbeddings([Uint8Array.of(0b1010_0000)], "ubinary");
  const size = Math.fround(1 / Math.sqrt(8));
  expect([...vector!]).toEqual([1, -1, 1, -1, -1, -1, -1, -1].map((sign) => sign * size));
  expect(dequantizeEmbeddings([], "ubinary")).toEqual([]);
});

test.for([
  ["precision", () => dequantizeEmbeddings([], "float32" as "int8")],
  ["ranges", () => dequantizeEmbeddings([Int8Array.of(1)], "int8")],
  ["an Int8Array, as int8 has", () => dequantizeEmbeddings([Uint8Array.of(1)], "int8", { ranges })],
  ["an Uint8Array", () => dequantizeEmbeddings([Int8Array.of(1)], "ubinary")],
  ["from 1 to 8", () => dequantizeEmbeddings([Int8Array.of(1)], "binary", { dimension: 9 })],
  ["length", () => dequantizeEmbeddings([Int8Array.of(1), Int8Array.of(1, 2)], "binary")],
  ["length", () => dequantizeEmbeddings([Int8Array.of(1)], "int8", { ranges })],
  ["range", () => dequantizeEmbeddings([Int8Array.of(1)], "int8", { range: ranges } as object)],
] as const)("refuses what it cannot read: %s", ([reason, call]) => {
  expect(call).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  expect(call).toThrow(reason);
});
