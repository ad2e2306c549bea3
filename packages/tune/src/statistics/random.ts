import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Random numbers that are the same for the same seed, on every machine. */
export interface SeededRandom {
  /** A whole number from 0 up to, but not including, `bound`. */
  integer(bound: number): number;
  /** A number from 0 up to, but not including, 1. */
  fraction(): number;
}

/** @param seed - a whole number; only its low 32 bits count */
export function seededRandom(seed: number): SeededRandom {
  const generator = xoroshiro128plus(seed | 0);
  return {
    integer: (bound) => uniformInt(generator, 0, bound - 1),
    fraction: () => uniformFloat64(generator),
  };
}

/** A copy in random order (Fisher and Yates). */
export function shuffled<T>(items: Iterable<T>, random: SeededRandom): T[] {
  const copy = Array.from(items);
  for (let last = copy.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    [copy[last], copy[other]] = [copy[other]!, copy[last]!];
  }
  return copy;
}

/** From a normal distribution with mean 0 and deviation 1. */
export function normal(random: SeededRandom): number {
  // Box-Muller. The logarithm needs a number above 0.
  const radius = Math.sqrt(-2 * Math.log(1 - random.fraction()));
  return radius * Math.cos(2 * Math.PI * random.fraction());
}
