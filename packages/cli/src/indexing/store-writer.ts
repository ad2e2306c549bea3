import { FaissStoreError } from "@embeddinggemma/faiss";
import { CommandError } from "../failures/command-error.ts";
import type { DocumentStore } from "../store/check-embedder.ts";
import { type IndexedFile, type StoreSettings, writeSettings } from "../store/store-settings.ts";
import type { Chunk, ChunkedFile, SourceFile } from "./chunk-file.ts";
import type { SavedState } from "./saved-state.ts";

/** What the store has when writing begins. */
interface Start extends Pick<SavedState, "files" | "idsOf"> {
  /** Whether the folder has the store and its settings. */
  readonly isSaved: boolean;
}

/** Writes chunks and remembers which files are complete. */
export class StoreWriter {
  readonly store: DocumentStore;
  readonly #folder: string;
  readonly #settings: Omit<StoreSettings, "files">;
  readonly #files: Map<string, IndexedFile>;
  readonly #idsOf: Map<string, ReadonlySet<string>>;
  #isSaved: boolean;
  #savedAt = performance.now();

  constructor(
    folder: string,
    store: DocumentStore,
    settings: Omit<StoreSettings, "files">,
    { files, idsOf, isSaved }: Start,
  ) {
    this.store = store;
    this.#folder = folder;
    this.#settings = settings;
    this.#files = new Map(files);
    this.#idsOf = new Map(idsOf);
    this.#isSaved = isSaved;
  }

  /** Whether a chunk needs no vector. */
  has({ id }: Chunk): boolean {
    return this.store.has(id);
  }

  /** Adds chunks of any files. */
  async add(chunks: readonly Chunk[], vectors: readonly Float32Array[]): Promise<void> {
    await this.store.upsert(chunks.map((chunk, row) => ({ ...chunk, vector: vectors[row]! })));
    this.#isSaved = false;
  }

  /** Drops the old chunks of a file that has all new ones. */
  async finish({ source, digest, chunks, isNamed }: ChunkedFile): Promise<void> {
    const old = this.#idsOf.get(source);
    const ids = new Set(chunks.map(({ id }) => id));
    // Lines may have moved.
    const kept = chunks.filter(({ id }) => old?.has(id));
    await this.store.upsert(
      kept.map((chunk) => ({ ...chunk, vector: this.store.get(chunk.id)!.vector })),
    );
    await this.store.delete([...(old ?? [])].filter((id) => !ids.has(id)));
    this.#idsOf.set(source, ids);
    this.#files.set(source, { digest, chunks: ids.size, named: isNamed || undefined });
    this.#isSaved = false;
  }

  /** Remembers a file that is unchanged, but that a run has named for the first time. */
  keep({ source, isNamed }: SourceFile): void {
    const file = this.#files.get(source);
    if (!file || !isNamed || file.named) return;
    this.#files.set(source, { ...file, named: true });
    this.#isSaved = false;
  }

  /** Removes a file that is gone or left out. */
  async remove(source: string): Promise<void> {
    await this.store.delete([...(this.#idsOf.get(source) ?? [])]);
    this.#idsOf.delete(source);
    this.#files.delete(source);
    this.#isSaved = false;
  }

  /**
   * Saves what has changed.
   *
   * @param minSeconds - do nothing if the last save is not that long ago
   * @throws CommandError if another program has saved to the folder meanwhile
   */
  async save(minSeconds = 0): Promise<void> {
    if (this.#isSaved || performance.now() - this.#savedAt < minSeconds * 1_000) return;
    await this.store.save(this.#folder, { overwrite: false }).catch(explainChange);
    // In this order: a crash in between costs reading files again, but embeds nothing twice.
    await writeSettings(this.#folder, {
      ...this.#settings,
      files: Object.fromEntries([...this.#files].sort(([a], [b]) => (a < b ? -1 : 1))),
    });
    this.#isSaved = true;
    this.#savedAt = performance.now();
  }
}

function explainChange(error: unknown): never {
  if (!FaissStoreError.isInstance(error) || error.code !== "STORE_CHANGED") throw error;
  throw new CommandError(
    "Another program, such as a second run of this command, has changed the store meanwhile. " +
      "Run the command again: it embeds only what the store lacks.",
    { cause: error },
  );
}
