import { mean } from "./ranking-metrics.ts";

/**
 * Pearson's correlation of two lists of at least two numbers, as `scipy.stats.pearsonr`.
 *
 * @returns from -1 to 1; NaN if all numbers of a list are the same
 */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (isConstant(a) || isConstant(b)) return Number.NaN;
  const [left, right] = [centered(a), centered(b)];
  let product = 0;
  for (let index = 0; index < left.length; index++) product += left[index]! * right[index]!;
  return Math.min(Math.max(product, -1), 1);
}

/**
 * Spearman's rank correlation of two lists of at least two numbers, as `scipy.stats.spearmanr`:
 * Pearson's correlation of their ranks. Equal numbers get the mean of their ranks.
 *
 * @returns from -1 to 1; NaN if all numbers of a list are the same
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return pearson(averageRanks(a), averageRanks(b));
}

/** Ranks from 1, the smallest number first. Equal numbers get the mean of their ranks. */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let place = start; place < end; place++) ranks[order[place]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let index = 1; index < values.length; index++) if (values[index] !== values[0]) return false;
  return true;
}

/** Minus the mean, and divided by the length of the result. */
function centered(values: ArrayLike<number>): Float64Array {
  const center = mean(values);
  const differences = Float64Array.from(values, (value) => value - center);
  // Scaled first, so that squares neither overflow nor vanish.
  const largest = differences.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let squares = 0;
  for (const value of differences) squares += (value / largest) ** 2;
  const length = largest * Math.sqrt(squares);
  return differences.map((value) => value / length);
}
