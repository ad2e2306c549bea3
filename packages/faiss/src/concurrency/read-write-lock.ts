/** Many readers or one writer, in the order of their calls, so that none waits for ever. */
export class ReadWriteLock {
  #readers = 0;
  #writing = false;
  readonly #waiting: { write: boolean; start: () => void }[] = [];

  read<T>(task: () => Promise<T>): Promise<T> {
    return this.#run(false, task);
  }

  write<T>(task: () => Promise<T>): Promise<T> {
    return this.#run(true, task);
  }

  async #run<T>(write: boolean, task: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push({ write, start });
      this.#startNext();
    });
    try {
      return await task();
    } finally {
      if (write) this.#writing = false;
      else this.#readers--;
      this.#startNext();
    }
  }

  #startNext(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (!next || this.#writing || (next.write && this.#readers > 0)) return;
      this.#waiting.shift();
      if (next.write) this.#writing = true;
      else this.#readers++;
      next.start();
    }
  }
}
