import { expect, test } from "vitest";
import { seededRandom, shuffled } from "./random.ts";

test("the same seed gives the same numbers", () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return [random.integer(1000), random.integer(1000), random.fraction()];
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test("integers cover their range evenly", () => {
  const random = seededRandom(0);
  const counts = [0, 0, 0];
  for (let draw = 0; draw < 3000; draw++) counts[random.integer(3)]!++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(100);
});

test("a shuffle keeps all items and changes nothing in place", () => {
  const items = Array.from({ length: 20 }, (_, index) => index);
  const copy = shuffled(items, seededRandom(7));
  expect(copy).not.toEqual(items);
  expect(copy.toSorted((a, b) => a - b)).toEqual(items);
  expect(shuffled(new Set(items), seededRandom(7))).toEqual(copy);
  expect(shuffled([], seededRandom(7))).toEqual([]);
});
