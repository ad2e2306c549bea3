import { randomBytes } from "node:crypto";
import type { SaveOptions } from "../types.ts";
import type { ContentVersion } from "./manifest-content.ts";
import type { SavedContent } from "./write-content.ts";
import { isSameContent, type SavedState, writeStore } from "./write-store.ts";

/** Older entries of a version vector are dropped, so that a manifest stays small. */
const maxVersions = 1_000;

/**
 * Remembers the content of each folder that the store was opened from or saved to. Saves run one
 * after the other.
 */
export class SavedFolders {
  readonly #states = new Map<string, SavedState>();
  /** Counts the changes of this opened store in version vectors. */
  readonly #session = randomBytes(8).toString("hex");
  #versions: ContentVersion = {};
  #latest: SavedState | undefined;
  #saving: Promise<unknown> = Promise.resolve();

  /** @param directory - absolute path of the folder that the store was opened from */
  opened(directory: string, state: SavedState): void {
    this.#versions = state.manifest.versions ?? {};
    this.#remember(directory, state);
  }

  /** The same memory for another store, which may replace this one there. */
  async copy(): Promise<SavedFolders> {
    await this.#saving;
    const copy = new SavedFolders();
    for (const [directory, state] of this.#states) copy.#states.set(directory, state);
    return copy;
  }

  /** @param directory - absolute path */
  save<R>(
    directory: string,
    content: Omit<SavedContent<R>, "versions">,
    options: SaveOptions,
  ): Promise<void> {
    const saving = this.#saving.then(async () => {
      if (!this.#latest || !isSameContent(content, this.#latest))
        this.#versions = increased(this.#versions, this.#session);
      const known = { here: this.#states.get(directory), all: [...this.#states.values()] };
      const state = await writeStore(
        directory,
        { ...content, versions: this.#versions },
        known,
        options,
      );
      this.#remember(directory, state);
    });
    this.#saving = saving.catch(() => {});
    return saving;
  }

  #remember(directory: string, state: SavedState): void {
    this.#states.set(directory, state);
    this.#latest = state;
  }
}

function increased(versions: ContentVersion, session: string): ContentVersion {
  const { [session]: count = 0, ...others } = versions;
  const kept = Object.entries(others).slice(1 - maxVersions);
  return { ...Object.fromEntries(kept), [session]: count + 1 };
}
