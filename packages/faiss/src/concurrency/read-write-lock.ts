/** Runs many readers or one writer at a time, in the order of the calls, so that none starves. */
export class ReadWriteLock {
  #readers = 0;
  #isWriting = false;
  readonly #queue: { isWrite: boolean; start: () => void }[] = [];

  read<T>(task: () => Promise<T>): Promise<T> {
    return this.#run(false, task);
  }

  write<T>(task: () => Promise<T>): Promise<T> {
    return this.#run(true, task);
  }

  async #run<T>(isWrite: boolean, task: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#queue.push({ isWrite, start });
      this.#startNext();
    });
    try {
      return await task();
    } finally {
      if (isWrite) this.#isWriting = false;
      else this.#readers--;
      this.#startNext();
    }
  }

  #startNext(): void {
    for (;;) {
      const next = this.#queue[0];
      if (!next || this.#isWriting || (next.isWrite && this.#readers > 0)) return;
      this.#queue.shift();
      if (next.isWrite) this.#isWriting = true;
      else this.#readers++;
      next.start();
    }
  }
}
