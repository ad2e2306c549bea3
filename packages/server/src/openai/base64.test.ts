import { expect, test } from "vitest";
import { base64Of } from "./base64.ts";

test("a vector is little-endian float32 in base64", () => {
  expect(base64Of(Float32Array.of(0.1, -0.2, 0.3))).toBe("zczMPc3MTL6amZk+");
});

test("a part of a long array is encoded alone", () => {
  const all = Float32Array.from({ length: 10_000 }, (_, index) => index / 7);
  const part = all.subarray(5, 9000);
  const bytes = Buffer.from(base64Of(part), "base64");
  expect(new Float32Array(new Uint8Array(bytes).buffer)).toEqual(part);
});
