import { expect, test } from "vitest";
import { floatsOf } from "./tensor-floats.ts";

test("single precision is used as it is", () => {
  const data = Float32Array.of(1, -2.5);
  expect(floatsOf({ data, type: "float32" })).toBe(data);
});

test("double precision is rounded", () => {
  expect(floatsOf({ data: Float64Array.of(0.1), type: "float64" })).toEqual(Float32Array.of(0.1));
});

test("half precision, which most runtimes return as bits, is decoded", () => {
  // https://en.wikipedia.org/wiki/Half-precision_floating-point_format#Half_precision_examples
  const examples = new Map([
    [0x0000, 0],
    [0x0001, 2 ** -24],
    [0x03ff, 2 ** -14 * (1023 / 1024)],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ]);
  const floats = floatsOf({ data: Uint16Array.from(examples.keys()), type: "float16" });
  expect(floats).toEqual(Float32Array.from(examples.values()));
});

test("integers are refused", () => {
  expect(() => floatsOf({ data: BigInt64Array.of(1n), type: "int64" })).toThrow(
    expect.objectContaining({ code: "MODEL_INCOMPLETE" }),
  );
});
