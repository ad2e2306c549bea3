import type { EmbeddedSlice, Encoding } from "../embedding/embedding-worker.ts";
import { GalaxyStorage, type StoredGalaxy } from "../storage/galaxy-storage.ts";
import { whyNotKept } from "./failure-words.ts";
import type { GalaxyState } from "./galaxy-state.ts";

/** How long a page waits for another one that is being closed, such as itself before a reload. */
const patience = 1_000;

/** Keeps the galaxy for the next visit. If the browser has no room, the visitor is told once. */
export class GalaxyKeeper {
  readonly #state: GalaxyState;
  #storage: GalaxyStorage | undefined;

  constructor(state: GalaxyState) {
    this.#state = state;
  }

  /**
   * What the last visit has left. If another tab has the galaxy open, nothing is read or kept here,
   * so that their texts and vectors are never mixed.
   */
  async open(): Promise<StoredGalaxy | undefined> {
    return this.#try(async () => {
      if (!(await isOnlyTab())) return undefined;
      this.#storage = await GalaxyStorage.open();
      return this.#storage.read();
    });
  }

  readVectors(encoding: Encoding): AsyncIterable<EmbeddedSlice> | undefined {
    return this.#storage?.readVectors(encoding);
  }

  /** Keeps all but the vectors. */
  async save(): Promise<void> {
    const { texts, running, chart, isPlaced } = this.#state;
    if (!running.value) return;
    const { x, y, color } = chart.value;
    const galaxy = {
      texts: texts.value,
      choice: running.value.state.choice,
      identity: running.value.identity,
      places: { x, y, color },
      isPlaced,
    };
    await this.#try(async () => this.#storage?.write(galaxy));
  }

  /** Their copy is made before this returns a promise, so they may be transferred then. */
  async keepVectors(encoding: Encoding, slice: EmbeddedSlice): Promise<void> {
    await this.#try(async () => this.#storage?.writeVectors(encoding, slice));
  }

  async forgetVectors(): Promise<void> {
    await this.#try(async () => this.#storage?.clearVectors());
  }

  async forgetAll(): Promise<void> {
    await this.#try(async () => this.#storage?.clear());
  }

  async #try<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      this.#storage = undefined;
      this.#state.problem.value = whyNotKept(error);
      return undefined;
    }
  }
}

/** Takes a lock that the browser releases when the page is closed. */
function isOnlyTab(): Promise<boolean> {
  return new Promise((resolve) => {
    const forever = new Promise(() => {});
    const holdLock = (): Promise<unknown> => {
      resolve(true);
      return forever;
    };
    navigator.locks
      .request("semantic-galaxy", { signal: AbortSignal.timeout(patience) }, holdLock)
      .catch(() => resolve(false));
  });
}
