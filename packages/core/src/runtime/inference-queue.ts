/** `"query"` work overtakes `"bulk"` work; within one priority, first come first served. */
export type Priority = "query" | "bulk";

/**
 * After this many queries in a row, waiting bulk work gets its turn, so that a stream of queries
 * cannot block it for ever.
 */
const maxOvertakes = 16;

/**
 * Runs one task at a time. Long work hands in one batch after the other, so callers take turns, and
 * a query waits for one batch at most, or two where queries are many.
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

  /** Resolves when nothing runs or waits. */
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
