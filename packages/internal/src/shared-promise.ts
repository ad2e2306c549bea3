/** Runs a task once for all who ask; a task that failed is run again for the next who asks. */
export class SharedPromise<T> {
  readonly #start: () => Promise<T>;
  #promise: Promise<T> | null = null;

  constructor(start: () => Promise<T>) {
    this.#start = start;
  }

  /** The task that runs or has succeeded; starts it if there is none. */
  get(): Promise<T> {
    if (this.#promise) return this.#promise;
    const promise = this.#start();
    this.#promise = promise;
    promise.catch(() => {
      if (this.#promise === promise) this.#promise = null;
    });
    return promise;
  }

  /** Forgets the task, so that the next who asks starts it again; gives what was forgotten. */
  forget(): Promise<T> | null {
    const promise = this.#promise;
    this.#promise = null;
    return promise;
  }
}
