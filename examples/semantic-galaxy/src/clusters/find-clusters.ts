/** Cells on a side of the square in which points are counted. */
const side = 96;
/** How far a point is felt, in cells. */
const reach = 1.6;
/** A peak that rises less than this above the pass to a higher one belongs to that. */
const prominence = 0.35;
const fewestPoints = 8;

/**
 * Groups points that lie close together: the peaks of their density, each with the slopes around
 * it, where a slope ends at a valley. Small groups are none.
 *
 * @param places - x and y by turns, from -1 to 1
 * @returns the group of each point, from 0; -1 for none
 */
export function findClusters(places: Float32Array): Int16Array {
  const count = places.length / 2;
  const cellOf = (index: number): number => {
    const column = Math.min(side - 1, Math.floor(((places[2 * index]! + 1) / 2) * side));
    const row = Math.min(side - 1, Math.floor(((places[2 * index + 1]! + 1) / 2) * side));
    return row * side + column;
  };
  const density = new Float32Array(side * side);
  for (let index = 0; index < count; index++) density[cellOf(index)]!++;
  const peaks = assignPeaks(smoothed(density));

  const sizes = new Map<number, number>();
  for (let index = 0; index < count; index++) {
    const peak = peaks[cellOf(index)]!;
    sizes.set(peak, (sizes.get(peak) ?? 0) + 1);
  }
  const fewest = Math.max(fewestPoints, count / 250);
  const kept = [...sizes].filter(([, size]) => size >= fewest).sort((a, b) => b[1] - a[1]);
  const numbers = new Map(kept.map(([peak], number) => [peak, number]));
  return Int16Array.from({ length: count }, (_, index) => numbers.get(peaks[cellOf(index)]!) ?? -1);
}

function smoothed(density: Float32Array): Float32Array {
  const radius = Math.ceil(3 * reach);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, at) =>
    Math.exp(-((at - radius) ** 2) / (2 * reach ** 2)),
  );
  const along = (from: Float32Array, step: number, lineStep: number): Float32Array => {
    const to = new Float32Array(from.length);
    for (let line = 0; line < side; line++) {
      for (let at = 0; at < side; at++) {
        let sum = 0;
        for (const [offset, weight] of weights.entries()) {
          const other = at + offset - radius;
          if (other >= 0 && other < side) sum += weight * from[line * lineStep + other * step]!;
        }
        to[line * lineStep + at * step] = sum;
      }
    }
    return to;
  };
  return along(along(density, 1, side), side, 1);
}

/** The peak of each cell, found from the highest cell downwards. */
function assignPeaks(density: Float32Array): Int32Array {
  const peaks = new Int32Array(density.length).fill(-1);
  const mergedInto = new Map<number, number>();
  const peakOf = (cell: number): number => {
    let peak = peaks[cell]!;
    for (let next = mergedInto.get(peak); next !== undefined; next = mergedInto.get(peak)) {
      peak = next;
    }
    return peak;
  };
  const order = [...density.keys()].sort((a, b) => density[b]! - density[a]!);
  for (const cell of order) {
    if (density[cell]! <= 0) break;
    const around = new Set(
      neighborsOf(cell)
        .filter((other) => peaks[other]! >= 0)
        .map(peakOf),
    );
    const [highest = cell, ...lower] = [...around].sort((a, b) => density[b]! - density[a]!);
    peaks[cell] = highest;
    for (const peak of lower) {
      if (density[cell]! > (1 - prominence) * density[peak]!) mergedInto.set(peak, highest);
    }
  }
  return peaks.map((peak, cell) => (peak < 0 ? -1 : peakOf(cell)));
}

function neighborsOf(cell: number): number[] {
  const column = cell % side;
  const row = (cell - column) / side;
  const found: number[] = [];
  for (let y = Math.max(0, row - 1); y <= Math.min(side - 1, row + 1); y++) {
    for (let x = Math.max(0, column - 1); x <= Math.min(side - 1, column + 1); x++) {
      if (y * side + x !== cell) found.push(y * side + x);
    }
  }
  return found;
}
