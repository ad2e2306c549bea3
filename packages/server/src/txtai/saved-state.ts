/** Notices that another program has saved a store. */
export class SavedState {
  readonly #folder: string;
  #last: string | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  private constructor(folder: string, last: string | undefined) {
    this.#folder = folder;
    this.#last = last;
  }

  static async of(folder: string): Promise<SavedState> {
    return new SavedState(folder, await stateOf(folder));
  }

  /** Whether the store was saved since the last answer. Asks the disk at most once a second. */
  async hasChanged(): Promise<boolean> {
    const now = performance.now();
    if (now - this.#askedAt < 1_000) return false;
    this.#askedAt = now;
    const last = this.#last;
    this.#last = await stateOf(this.#folder);
    return this.#last !== last;
  }
}

/** A save replaces the manifest. */
async function stateOf(folder: string): Promise<string | undefined> {
  // Not imported by applications that have no store.
  const { stat } = await import("node:fs/promises");
  const found = await stat(`${folder}/faiss-store.json`, { bigint: true }).catch(() => undefined);
  return found && `${found.ino} ${found.size} ${found.mtimeNs}`;
}
