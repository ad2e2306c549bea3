import { untilAborted } from "./until-aborted.ts";

/** Lets changes take effect in the order of their calls, however long each one prepares. */
export class ChangeQueue {
  #earlier: Promise<void> = Promise.resolve();

  /** Resolves when the changes so far have been made or have failed. */
  get settled(): Promise<void> {
    return this.#earlier;
  }

  /** Makes a change after the earlier ones. */
  run<T>(apply: () => Promise<T>): Promise<T> {
    return this.runPrepared(async () => {}, apply);
  }

  /**
   * Makes a change that needs preparation.
   *
   * @param prepare - runs at once, beside other calls; if it throws, there is no change
   * @param apply - makes the change, when the earlier ones have been made or have failed
   * @param signal - ends the wait for those
   */
  runPrepared<P, T>(
    prepare: () => Promise<P>,
    apply: (prepared: P) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const earlier = this.#earlier;
    const change = async () => {
      const prepared = await prepare();
      await untilAborted(signal, () => earlier);
      return apply(prepared);
    };
    const changed = change();
    // Without the results, which would keep those of all earlier changes in memory.
    this.#earlier = Promise.allSettled([earlier, changed]).then(() => {});
    return changed;
  }
}
