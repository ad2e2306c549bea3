import { type SeededRandom, seededRandom, shuffled } from "../statistics/random.ts";

/** What training draws. It depends on the seed alone. */
export class Random {
  readonly #random: SeededRandom;

  /** @param seed - a whole number */
  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  shuffled<T>(values: readonly T[]): T[] {
    return shuffled(values, this.#random);
  }

  /** From a normal distribution with mean 0 and deviation 1. */
  normal(): number {
    // Box-Muller. The logarithm needs a number above 0.
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random.fraction()));
    return radius * Math.cos(2 * Math.PI * this.#random.fraction());
  }
}
