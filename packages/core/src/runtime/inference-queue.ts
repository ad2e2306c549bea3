/** `"query"` tasks run before `"bulk"` tasks. Tasks of the same priority run in order. */
export type Priority = "query" | "bulk";

/**
 * After this many queries in a row, one bulk task runs, so that queries cannot block it forever.
 */
const maxOvertakes = 16;

/**
 * Runs one task at a time. Long calls queue one batch after the other, so that callers take turns.
 * A query waits for at most one batch, or two if there are many queries.
 */
export class InferenceQueue {
  readonly #waiting: Record<Priority, (() => Promise<void>)[]> = { query: [], bulk: [] };
  #running: Promise<void> | null = null;
  #overtakes = 0;

  run<T>(priority: Priority, task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting[priority].push(async () => {
        try {
          resolve(await task());
        } catch (error) {
          reject(error);
        }
      });
      this.#running ??= this.#drain();
    });
  }

  /** Resolves when no task is running or waiting. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #drain(): Promise<void> {
    await null;
    for (;;) {
      const task = this.#next();
      if (!task) break;
      await task();
    }
    this.#running = null;
  }

  #next(): (() => Promise<void>) | undefined {
    const { query, bulk } = this.#waiting;
    const queryFirst = query.length > 0 && this.#overtakes < maxOvertakes;
    this.#overtakes = queryFirst && bulk.length > 0 ? this.#overtakes + 1 : 0;
    return queryFirst ? query.shift() : (bulk.shift() ?? query.shift());
  }
}
