import { expect, test } from "vitest";
import { GalaxyLayout, layoutWidth } from "./galaxy-layout.ts";
import { randomNumbers } from "./random-numbers.ts";

/** Unit vectors around one of three directions, by turns. */
function vectorOf(index: number, random: () => number): Float32Array {
  const vector = Float32Array.from({ length: layoutWidth }, () => random() - 0.5);
  vector[index % 3]! += 12;
  const length = Math.sqrt(vector.reduce((sum, number) => sum + number * number, 0));
  return vector.map((number) => number / length);
}

function spread(places: readonly (readonly [number, number])[]): {
  within: number;
  between: number;
} {
  const middle = (group: number): [number, number] => {
    const own = places.filter((_, index) => index % 3 === group);
    const sum = (axis: 0 | 1) => own.reduce((total, place) => total + place[axis], 0) / own.length;
    return [sum(0), sum(1)];
  };
  const middles = [0, 1, 2].map(middle);
  const far = (a: readonly [number, number], b: readonly [number, number]) =>
    Math.hypot(a[0] - b[0], a[1] - b[1]);
  return {
    within: Math.max(...places.map((place, index) => far(place, middles[index % 3]!))),
    between: Math.min(...[0, 1, 2].map((one) => far(middles[one]!, middles[(one + 1) % 3]!))),
  };
}

test("groups stay together: on the axes, after UMAP, and when texts are added", () => {
  const random = randomNumbers(1);
  const layout = new GalaxyLayout();
  for (let index = 0; index < 150; index++) layout.add(vectorOf(index, random));
  const onAxes = spread(layout.places);
  expect(onAxes.within).toBeLessThan(onAxes.between);

  const { epochs, step } = layout.fit(randomNumbers(42));
  expect(epochs).toBeGreaterThan(0);
  for (let epoch = 0; epoch < epochs; epoch++) step();
  const fitted = spread(layout.places);
  expect(fitted.within).toBeLessThan(fitted.between);

  for (let index = 150; index < 180; index++) layout.add(vectorOf(index, random));
  expect(layout.places).toHaveLength(180);
  const added = spread(layout.places);
  expect(added.within).toBeLessThan(added.between);
});

test("the same seed gives the same places", () => {
  const place = () => {
    const random = randomNumbers(2);
    const layout = new GalaxyLayout();
    for (let index = 0; index < 60; index++) layout.add(vectorOf(index, random));
    const { step } = layout.fit(randomNumbers(42));
    for (let epoch = 0; epoch < 20; epoch++) step();
    return layout.places;
  };
  expect(place()).toEqual(place());
});
