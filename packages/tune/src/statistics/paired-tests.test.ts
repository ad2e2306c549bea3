import { expect, test } from "vitest";
import { bootstrapInterval, randomizationTest } from "./paired-tests.ts";
import { seededRandom } from "./random.ts";

const options = { samples: 2000, seed: 1, confidence: 0.95 };

/** Sums of twelve fractions are about normal, with a deviation of 1. */
function normal(count: number, center: number): Float64Array {
  const random = seededRandom(3);
  return Float64Array.from({ length: count }, () => {
    let sum = center - 6;
    for (let draw = 0; draw < 12; draw++) sum += random.fraction();
    return sum;
  });
}

test("the interval is about that of the normal distribution", () => {
  const differences = normal(400, 0.5);
  const center = differences.reduce((sum, value) => sum + value, 0) / 400;
  const spread = Math.sqrt(
    differences.reduce((sum, value) => sum + (value - center) ** 2, 0) / 400,
  );
  const [low, high] = bootstrapInterval(differences, options);
  expect(Math.abs(low - (center - (1.96 * spread) / 20))).toBeLessThan(0.01);
  expect(Math.abs(high - (center + (1.96 * spread) / 20))).toBeLessThan(0.01);
  const [inner, outer] = bootstrapInterval(differences, { ...options, confidence: 0.5 });
  expect(inner).toBeGreaterThan(low);
  expect(outer).toBeLessThan(high);
});

test("the p-value is about the share of all assignments that are as extreme", () => {
  const differences = [0.5, 0.25, -0.125, 0.75, 0.5, 0.125, -0.25, 0.5];
  const total = differences.reduce((sum, value) => sum + value, 0);
  let asLarge = 0;
  for (let signs = 0; signs < 256; signs++) {
    const sum = differences.reduce(
      (so, value, bit) => so + ((signs >> bit) & 1 ? value : -value),
      0,
    );
    if (Math.abs(sum) >= total) asLarge++;
  }
  const pValue = randomizationTest(differences, { samples: 20_000, seed: 1 });
  expect(Math.abs(pValue - asLarge / 256)).toBeLessThan(0.01);
});

test("without a difference, the interval is a point and the p-value is 1", () => {
  const none = new Float64Array(10);
  expect(bootstrapInterval(none, options)).toEqual([0, 0]);
  expect(randomizationTest(none, options)).toBe(1);
});

test("one query decides nothing", () => {
  expect(bootstrapInterval([0.5], options)).toEqual([0.5, 0.5]);
  expect(randomizationTest([0.5], options)).toBe(1);
});

test("the same seed gives the same figures", () => {
  const differences = normal(40, 0.2);
  expect(bootstrapInterval(differences, options)).toEqual(bootstrapInterval(differences, options));
  expect(randomizationTest(differences, options)).toBe(randomizationTest(differences, options));
  expect(randomizationTest(normal(100, 1), options)).toBe(1 / 2001);
});
