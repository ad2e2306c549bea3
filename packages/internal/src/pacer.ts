const sliceMilliseconds = 4;

/**
 * Cuts long work on the event loop's thread into slices of a few milliseconds, so that other work
 * gets its turn.
 */
export class Pacer {
  #sliceStart = performance.now();

  /** Whether the slice is used up: `if (pacer.due) await pacer.pause()`. */
  get due(): boolean {
    return performance.now() - this.#sliceStart > sliceMilliseconds;
  }

  async pause(): Promise<void> {
    await new Promise<void>((resolve) => nextTurn(resolve));
    this.#sliceStart = performance.now();
  }
}

/** Browsers have no `setImmediate`. */
const nextTurn: (callback: () => void) => void = globalThis.setImmediate ?? setTimeout;
