/** `"query"` work overtakes `"bulk"` work; within one priority, first come first served. */
export type Priority = "query" | "bulk";

/**
 * Runs one task at a time. Long work hands in one batch after the other, so callers take turns, and a query waits for one batch
 * at most.
 */
export class InferenceQueue {
  readonly #waiting: Record<Priority, (() => Promise<void>)[]> = { query: [], bulk: [] };
  #running: Promise<void> | null = null;

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
      const task = this.#waiting.query.shift() ?? this.#waiting.bulk.shift();
      if (!task) break;
      await task();
    }
    this.#running = null;
  }
}
