import { colorClusters } from "../clusters/color-clusters.ts";
import { findClusters } from "../clusters/find-clusters.ts";
import { labelClusters } from "../clusters/label-clusters.ts";

/** A group of points that lie close together. */
export interface Cluster {
  /** The words that stand out in it; may be empty. */
  readonly label: string;
  /** Its middle. */
  readonly x: number;
  readonly y: number;
  /** How many texts it has. */
  readonly size: number;
  /** From 1 to `colorCount`, as in {@link Chart.color}. */
  readonly color: number;
}

/** Where the texts are, from -1 to 1, and in which clusters. */
export interface Chart {
  readonly x: Float32Array<ArrayBuffer>;
  readonly y: Float32Array<ArrayBuffer>;
  /** The color of each text's cluster: from 1 to `colorCount`, or 0 without a cluster. */
  readonly color: Uint8Array<ArrayBuffer>;
  readonly clusters: readonly Cluster[];
}

/** Scales places to the square from -1 to 1, as x and y by turns. */
export function scaled(places: readonly (readonly [number, number])[]): Float32Array {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of places) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  const scale = 2 / (Math.max(right - left, top - bottom) || 1);
  const square = new Float32Array(places.length * 2);
  for (const [index, [x, y]] of places.entries()) {
    square[2 * index] = (x - (left + right) / 2) * scale;
    square[2 * index + 1] = (y - (bottom + top) / 2) * scale;
  }
  return square;
}

/**
 * @param square - see {@link scaled}
 * @param words - of each text, for labels
 * @param previous - the colors that texts had
 */
export function chartOf(
  square: Float32Array,
  words: readonly (readonly string[])[],
  previous: Uint8Array,
): Chart {
  const groups = findClusters(square);
  const colors = colorClusters(groups, previous);
  const labels = labelClusters(words, groups);
  const sums = colors.map((color, group) => ({
    label: labels[group] ?? "",
    x: 0,
    y: 0,
    size: 0,
    color,
  }));
  for (const [index, group] of groups.entries()) {
    const sum = sums[group];
    if (!sum) continue;
    sum.x += square[2 * index]!;
    sum.y += square[2 * index + 1]!;
    sum.size++;
  }
  return {
    ...axesOf(square),
    color: Uint8Array.from(groups, (group) => colors[group] ?? 0),
    clusters: sums.map((sum) => ({ ...sum, x: sum.x / sum.size, y: sum.y / sum.size })),
  };
}

export function axesOf(square: Float32Array): Pick<Chart, "x" | "y"> {
  const count = square.length / 2;
  return {
    x: Float32Array.from({ length: count }, (_, index) => square[2 * index]!),
    y: Float32Array.from({ length: count }, (_, index) => square[2 * index + 1]!),
  };
}
