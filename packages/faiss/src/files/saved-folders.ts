import type { SaveOptions } from "../types.ts";
import type { SavedContent } from "./write-content.ts";
import { type SavedState, writeStore } from "./write-store.ts";

/**
 * Remembers the content of each folder that the store was opened from or saved to. Saves run one
 * after the other.
 */
export class SavedFolders {
  readonly #states = new Map<string, SavedState>();
  #saving: Promise<unknown> = Promise.resolve();

  /** @param directory - absolute path */
  remember(directory: string, state: SavedState): void {
    this.#states.set(directory, state);
  }

  /**
   * @param directory - absolute path
   * @param contentOf - called when all earlier saves are done
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
