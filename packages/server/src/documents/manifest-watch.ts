import { manifestName } from "@embeddinggemma/internal";

/** What a look at a manifest has led to. */
export interface Reopening {
  /** Why the store could not be opened. */
  readonly failure?: unknown;
}

/** Notices that another program has saved a store. A save replaces the manifest. */
export class ManifestWatch {
  readonly #folder: string;
  /** The state that was opened last. */
  #opened: string;
  /** The state whose failure was returned. */
  #failed: string | undefined;
  #nextLookAt = 0;

  private constructor(folder: string, opened: string) {
    this.#folder = folder;
    this.#opened = opened;
  }

  /** Begins before a store is opened, so that no save is missed. */
  static async of(folder: string): Promise<ManifestWatch> {
    return new ManifestWatch(folder, await stateOf(folder));
  }

  /** Opens the store, whatever was saved since it was opened last. */
  async open<T>(open: () => Promise<T>): Promise<T> {
    const state = await stateOf(this.#folder);
    const opened = await open();
    this.#opened = state;
    return opened;
  }

  /**
   * Call it after a save of one's own, so that it is not taken for one of another program. What
   * another program has saved since then goes unnoticed until the next save.
   */
  async saved(): Promise<void> {
    this.#opened = await stateOf(this.#folder);
  }

  /** Whether to look at the disk: at most once a second. */
  get isDue(): boolean {
    return performance.now() >= this.#nextLookAt;
  }

  /**
   * Opens the store again if it was saved since it was opened last. If this fails, later calls try
   * again: a program that copies a store can copy the manifest before the data.
   *
   * @returns undefined if there is nothing new: not for a failure that was returned already
   */
  async reopen(open: () => Promise<void>): Promise<Reopening | undefined> {
    this.#nextLookAt = Number.POSITIVE_INFINITY;
    try {
      const state = await stateOf(this.#folder);
      return state === this.#opened ? undefined : await this.#reopen(open, state);
    } finally {
      this.#nextLookAt = performance.now() + 1_000;
    }
  }

  async #reopen(open: () => Promise<void>, state: string): Promise<Reopening | undefined> {
    try {
      await open();
    } catch (failure) {
      if (state === this.#failed) return undefined;
      this.#failed = state;
      return { failure };
    }
    this.#opened = state;
    this.#failed = undefined;
    return {};
  }
}

async function stateOf(folder: string): Promise<string> {
  // Not imported by applications that have no store.
  const { stat } = await import("node:fs/promises");
  const found = await stat(`${folder}/${manifestName}`, { bigint: true }).catch(() => undefined);
  return found ? `${found.ino} ${found.size} ${found.mtimeNs}` : "none";
}
