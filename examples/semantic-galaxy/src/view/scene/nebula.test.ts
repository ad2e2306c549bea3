import { expect, test } from "vitest";
import { nebula, paintNebula } from "./nebula.ts";

const palette = [
  [1, 0, 0],
  [0, 0, 1],
] as const;

test("has the color of the points where they are, and fades away from them", () => {
  const pixels = paintNebula(
    {
      count: 2,
      x: new Float32Array([-0.75, 0.75]),
      y: new Float32Array([0, 0]),
      color: new Uint8Array([0, 1]),
    },
    palette,
  );
  const at = (x: number, y: number) => {
    const cell = (place: number) =>
      Math.floor(((place + nebula.extent) / (2 * nebula.extent)) * nebula.side);
    const start = (cell(y) * nebula.side + cell(x)) * 4;
    return [...pixels.subarray(start, start + 4)];
  };
  expect(at(-0.75, 0)).toEqual([255, 0, 0, 255]);
  expect(at(0.75, 0)).toEqual([0, 0, 255, 255]);
  expect(at(-0.75, 0.1)[3]).toBeLessThan(255);
  expect(at(-0.75, 0.1)[3]).toBeGreaterThan(0);
  expect(at(0, 1)).toEqual([0, 0, 0, 0]);
});

test("is empty without points", () => {
  const none = { count: 0, x: new Float32Array(), y: new Float32Array(), color: new Uint8Array() };
  expect(paintNebula(none, palette).every((value) => value === 0)).toBe(true);
});
