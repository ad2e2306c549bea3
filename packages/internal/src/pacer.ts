import { nextTurn } from "./next-turn.ts";

const sliceMilliseconds = 4;

/**
 * Splits long synchronous work into slices of a few milliseconds, so that other work on the event
 * loop can run in between.
 */
export class Pacer {
  #sliceStart = performance.now();

  /** Whether it is time for a pause: `if (pacer.due) await pacer.pause()`. */
  get due(): boolean {
    return performance.now() - this.#sliceStart > sliceMilliseconds;
  }

  async pause(): Promise<void> {
    await new Promise<void>((resolve) => nextTurn(resolve));
    this.#sliceStart = performance.now();
  }
}
