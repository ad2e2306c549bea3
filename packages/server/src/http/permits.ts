import { RequestError } from "./request-error.ts";

/** Limits how many requests are in work at once. */
export class Permits {
  readonly #limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Number of requests in work. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Runs the work of a request.
   *
   * @throws RequestError `Overloaded` if there is no permit
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.#limit) throw new RequestError("Overloaded", "Model is overloaded");
    this.#taken++;
    try {
      return await work();
    } finally {
      this.#taken--;
    }
  }
}
