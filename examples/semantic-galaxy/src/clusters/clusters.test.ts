import { expect, test } from "vitest";
import { colorClusters, colorCount } from "./color-clusters.ts";
import { findClusters } from "./find-clusters.ts";
import { labelClusters, labelWords } from "./label-clusters.ts";

/** Points around three middles, 200, 100 and 50 of them, and one that is far from all. */
const middles = [
  [-0.6, -0.6, 200],
  [0.6, -0.5, 100],
  [0, 0.7, 50],
] as const;
const places = new Float32Array([
  ...middles.flatMap(([x, y, count]) =>
    Array.from({ length: count }, (_, at) => {
      const distance = 0.1 * Math.sqrt(at / count);
      return [x + distance * Math.cos(at * 2.4), y + distance * Math.sin(at * 2.4)];
    }).flat(),
  ),
  1,
  1,
]);

test("points that lie together are a cluster, the largest first; a single point is none", () => {
  const groups = findClusters(places);
  expect(new Set(groups.subarray(0, 200))).toEqual(new Set([0]));
  expect(new Set(groups.subarray(200, 300))).toEqual(new Set([1]));
  expect(new Set(groups.subarray(300, 350))).toEqual(new Set([2]));
  expect(groups[350]).toBe(-1);
});

test("labels are the words that stand out", () => {
  const texts = [
    "The red planet Mars is a planet",
    "Venus is a planet, too",
    "planets of the sun: Venus",
    "A dog is an animal with fur",
    "A cat is an animal",
    "The dog of the neighbors",
  ];
  const labels = labelClusters(texts.map(labelWords), Int16Array.of(0, 0, 0, 1, 1, 1));
  expect(labels[0]!.split(" · ").sort()).toEqual(["planet", "venus"]);
  expect(labels[1]!.split(" · ").sort()).toEqual(["animal", "dog"]);
});

test("clusters keep their colors when they move in the order", () => {
  const groups = Int16Array.of(0, 0, 0, 1, 1, -1);
  const colors = colorClusters(groups, new Uint8Array());
  expect(new Set(colors).size).toBe(2);
  const previous = Uint8Array.from(groups, (group) => colors[group] ?? 0);
  const swapped = groups.map((group) => (group < 0 ? group : 1 - group));
  expect(colorClusters(swapped, previous)).toEqual(colors.toReversed());
  const many = colorClusters(
    Int16Array.from({ length: 30 }, (_, index) => index),
    previous,
  );
  expect([Math.min(...many), Math.max(...many)]).toEqual([1, colorCount]);
});
