import { seededRandom } from "./random.ts";
import { mean } from "./ranking-metrics.ts";

/** Options of the tests of paired differences. */
export interface ResamplingOptions {
  /** How often to draw. */
  readonly samples: number;
  readonly seed: number;
}

/**
 * A confidence interval of the mean of paired differences, by the percentile bootstrap: queries are
 * drawn with replacement, and the interval has the middle `confidence` of the means.
 *
 * @param differences - one number for each query, at least one
 * @param options - `confidence` from 0 to 1, such as 0.95
 * @returns its lower and its upper end
 * @see Efron, Tibshirani: An Introduction to the Bootstrap (1993), chapter 13
 */
export function bootstrapInterval(
  differences: ArrayLike<number>,
  { samples, seed, confidence }: ResamplingOptions & { readonly confidence: number },
): [low: number, high: number] {
  const random = seededRandom(seed);
  const count = differences.length;
  const means = new Float64Array(samples);
  for (let sample = 0; sample < samples; sample++) {
    let sum = 0;
    for (let draw = 0; draw < count; draw++) sum += differences[random.integer(count)]!;
    means[sample] = sum / count;
  }
  means.sort();
  const tail = (1 - confidence) / 2;
  return [quantile(means, tail), quantile(means, 1 - tail)];
}

/**
 * The two-sided p-value of the paired randomization test: how often a mean difference is at least
 * as large if, for each query, chance decides which of the two systems gave which figure. The
 * observed assignment counts as one of the samples, so it is never 0.
 *
 * @param differences - one number for each query, at least one
 * @see Smucker, Allan, Carterette: A Comparison of Statistical Significance Tests for Information
 * Retrieval Evaluation (CIKM 2007)
 */
export function randomizationTest(
  differences: ArrayLike<number>,
  { samples, seed }: ResamplingOptions,
): number {
  const random = seededRandom(seed);
  const observed = Math.abs(mean(differences));
  // Sums in another order can differ in the last bits, which must not decide.
  const threshold = observed - 1e-12 * Math.max(observed, 1e-3);
  let asLarge = 1;
  for (let sample = 0; sample < samples; sample++) {
    let sum = 0;
    let bits = 0;
    for (let index = 0; index < differences.length; index++) {
      if (index % 30 === 0) bits = random.integer(2 ** 30);
      sum += bits & 1 ? differences[index]! : -differences[index]!;
      bits >>= 1;
    }
    if (Math.abs(sum / differences.length) >= threshold) asLarge++;
  }
  return asLarge / (samples + 1);
}

/** Between two numbers, interpolated linearly, as in `numpy.quantile`. */
function quantile(sorted: Float64Array, fraction: number): number {
  const place = fraction * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (place - below);
}
