import { nextTurn } from "./next-turn.ts";

const sliceMilliseconds = 4;

/**
 * Splits long synchronous work into slices of a few milliseconds, so that other work on the event
 * loop can run in between. Calls that share a pacer take turns, one slice each.
 */
export class Pacer {
  #sliceStart = performance.now();
  #turns: Promise<void> = Promise.resolve();

  /** Whether it is time for a pause: `if (pacer.due) await pacer.pause()`. */
  get due(): boolean {
    return performance.now() - this.#sliceStart > sliceMilliseconds;
  }

  pause(): Promise<void> {
    this.#turns = this.#turns.then(async () => {
      await new Promise<void>((resolve) => nextTurn(resolve));
      this.#sliceStart = performance.now();
    });
    return this.#turns;
  }
}
