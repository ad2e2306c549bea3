/** Runs a task once for all callers. After a failure, the next caller runs it again. */
export class SharedPromise<T> {
  readonly #start: () => Promise<T>;
  #promise: Promise<T> | null = null;

  constructor(start: () => Promise<T>) {
    this.#start = start;
  }

  /** The promise of the task, which is started unless it is running or has succeeded. */
  get(): Promise<T> {
    if (this.#promise) return this.#promise;
    const promise = this.#start();
    this.#promise = promise;
    promise.catch(() => {
      if (this.#promise === promise) this.#promise = null;
    });
    return promise;
  }

  /** Forgets the promise and returns it. The next caller starts the task again. */
  forget(): Promise<T> | null {
    const promise = this.#promise;
    this.#promise = null;
    return promise;
  }
}
