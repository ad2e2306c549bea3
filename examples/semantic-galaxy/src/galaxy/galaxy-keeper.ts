import type { EmbeddedSlice, Encoding } from "../embedding/embedding-worker.ts";
import { GalaxyStorage, type StoredGalaxy } from "../storage/galaxy-storage.ts";
import { whyNotKept } from "./failure-words.ts";
import type { GalaxyState } from "./galaxy-state.ts";

/** Keeps the galaxy for the next visit. If the browser has no room, the visitor is told once. */
export class GalaxyKeeper {
  readonly #state: GalaxyState;
  #storage: GalaxyStorage | undefined;

  constructor(state: GalaxyState) {
    this.#state = state;
  }

  /**
   * What the last visit has left. Only one tab keeps the galaxy, the last one that was opened, so
   * that the texts and vectors of two are never mixed.
   */
  async open(): Promise<StoredGalaxy | undefined> {
    return this.#try(async () => {
      if (!(await takeOver(() => this.#stop()))) return undefined;
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

  #stop(): void {
    this.#storage = undefined;
    if (isInFrame()) return; // where no one adds texts
    this.#state.problem.value =
      "You opened the galaxy in another tab, which keeps your texts from now on. What you change " +
      "in this tab will be gone when you close it.";
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

/**
 * Takes the lock that only one tab has. In a frame of another page, only if no tab has it.
 *
 * @param onLost - called when another tab takes it
 */
function takeOver(onLost: () => void): Promise<boolean> {
  const options = isInFrame() ? { ifAvailable: true } : { steal: true };
  return new Promise((resolve, reject) => {
    const untilClosed = new Promise<void>(() => {});
    navigator.locks
      .request("semantic-galaxy", options, (lock) => {
        resolve(lock !== null);
        return lock ? untilClosed : undefined;
      })
      .catch((error) => {
        reject(error);
        onLost();
      });
  });
}

/** Whether another page shows this one. */
function isInFrame(): boolean {
  return window.parent !== window;
}
