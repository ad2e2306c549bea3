import type { ModelHandle } from "./shared-models.ts";

/** A handle that several embedders hold. The last of them releases it. */
export class CountedHandle<Model> implements ModelHandle<Model> {
  readonly model: Model;
  readonly #handle: ModelHandle<Model>;
  #holders = 1;

  constructor(handle: ModelHandle<Model>) {
    this.model = handle.model;
    this.#handle = handle;
  }

  /** Counts one more holder, which must call {@link CountedHandle.release} once. */
  hold(): this {
    this.#holders++;
    return this;
  }

  async release(): Promise<void> {
    if (--this.#holders === 0) await this.#handle.release();
  }
}
