import type { SaveOptions } from "../types.ts";
import { type SavedContent, type SavedState, writeStore } from "./write-store.ts";

/**
 * The folders that a store was opened from or saved to, with their content at that time. Saves run
 * one after the other.
 */
export class SavedFolders {
  readonly #states = new Map<string, SavedState>();
  #saving: Promise<unknown> = Promise.resolve();

  /** @param directory - its absolute path */
  remember(directory: string, state: SavedState): void {
    this.#states.set(directory, state);
  }

  /**
   * @param directory - its absolute path
   * @param contentOf - called when the saves before are done
   */
  save<R>(
    directory: string,
    contentOf: () => SavedContent<R>,
    options: SaveOptions,
  ): Promise<void> {
    const saving = this.#saving.then(async () => {
      this.remember(
        directory,
        await writeStore(directory, contentOf(), this.#states.get(directory), options),
      );
    });
    this.#saving = saving.catch(() => {});
    return saving;
  }
}
