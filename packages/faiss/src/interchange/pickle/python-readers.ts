import type { PickledObject } from "./pickled-values.ts";

/**
 * How to read objects, by the qualified name of the class or function that Python would call.
 * Undefined stands for an object that is not as Python writes it.
 */
export type Readers = Record<string, (object: PickledObject) => unknown>;

/** A complex number as Python's `str` writes it. */
export function complexText(real: number, imaginary: number): string {
  if (real === 0 && !Object.is(real, -0)) return `${floatText(imaginary)}j`;
  const sign = imaginary < 0 || Object.is(imaginary, -0) ? "" : "+";
  return `(${floatText(real)}${sign}${floatText(imaginary)}j)`;
}

/** A part of a complex number as Python writes it. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0";
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e16)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}
