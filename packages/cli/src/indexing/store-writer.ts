import { setTimeout } from "node:timers/promises";
import { FaissStoreError } from "@embeddinggemma/faiss";
import type { DocumentRecord } from "@embeddinggemma/langchain";
import { CommandError } from "../failures/command-error.ts";
import type { ModelFlags } from "../model/model-options.ts";
import type { DocumentStore } from "../store/check-embedder.ts";
import { checkIsIndexed } from "../store/check-records.ts";
import {
  changeSettings,
  type IndexedFile,
  lockTimeout,
  readSettings,
  type StoreSettings,
} from "../store/store-settings.ts";
import type { Chunk, ChunkedFile, SourceFile } from "./chunk-file.ts";
import { idsBySource, readSavedState, type SavedState } from "./saved-state.ts";

/** What the store has when writing begins. */
interface Start extends Pick<SavedState, "files" | "idsOf"> {
  /** Whether the folder has the store and its settings. */
  readonly isSaved: boolean;
}

/**
 * The settings to save.
 *
 * @param saved - those in the folder now; undefined before the first save
 */
type SettingsFor = (saved: StoreSettings | undefined) => Omit<StoreSettings, "files">;

/**
 * Another run has made the store meanwhile, from another folder: the sources of this run mean other
 * files there. The next run takes the names of the store.
 */
export class OtherRootError extends CommandError {
  constructor(folder: string) {
    super(
      `Another run has made the store ${folder} meanwhile. Run the command again: it adds your ` +
        "files to that store.",
    );
  }
}

/**
 * Writes chunks and remembers which files are complete. Two writers can write to a folder at once:
 * each adds its changes to what the other has saved.
 */
export class StoreWriter {
  #store: DocumentStore;
  readonly #folder: string;
  readonly #settingsFor: SettingsFor;
  #settings: ReturnType<SettingsFor>;
  readonly #files: Map<string, IndexedFile>;
  /** The ids of chunks in the store, by source; of finished files, those that it should have. */
  #idsOf: Map<string, ReadonlySet<string>>;
  /** The ids of chunks that will be removed, by their texts: a file may have another name now. */
  readonly #leaving = new Map<string, string>();
  /** Sources that have changed since the start. */
  readonly #changed = new Set<string>();
  readonly #unsaved = { sources: new Set<string>(), ids: new Set<string>() };
  #isSaved: boolean;
  #savedAt = performance.now();

  constructor(
    folder: string,
    store: DocumentStore,
    settingsFor: SettingsFor,
    { files, idsOf, isSaved }: Start,
  ) {
    this.#store = store;
    this.#folder = folder;
    this.#settingsFor = settingsFor;
    this.#settings = settingsFor(undefined);
    this.#files = new Map(files);
    this.#idsOf = new Map(idsOf);
    this.#isSaved = isSaved;
  }

  get store(): DocumentStore {
    return this.#store;
  }

  /** The flags of the model that the store remembers. */
  get model(): ModelFlags {
    return this.#settings.model;
  }

  /** Whether a chunk needs no vector. */
  has({ id }: Chunk): boolean {
    return this.#store.has(id);
  }

  /** Lets other files have the vectors of files that will be removed later in this run. */
  expectMoved(sources: readonly string[]): void {
    for (const source of sources)
      for (const { id, record } of this.#itemsOf(source)) this.#leaving.set(keyOf(record), id);
  }

  /**
   * Adds those chunks of a file that the store has with the same text and title under another id:
   * other metadata, or another name of the file ({@link StoreWriter.expectMoved}).
   *
   * @returns the chunks that need a vector
   */
  async addKnown({ source, chunks }: ChunkedFile): Promise<Chunk[]> {
    const fresh = chunks.filter((chunk) => !this.has(chunk));
    if (fresh.length === 0) return fresh;
    const own = new Map(this.#itemsOf(source).map((item) => [keyOf(item.record), item.vector]));
    const known = new Map<Chunk, Float32Array>();
    for (const chunk of fresh) {
      const key = keyOf(chunk.record);
      const vector = own.get(key) ?? this.#store.get(this.#leaving.get(key) ?? "")?.vector;
      if (vector) known.set(chunk, vector);
    }
    await this.add([...known.keys()], [...known.values()]);
    return fresh.filter((chunk) => !known.has(chunk));
  }

  #itemsOf(source: string) {
    return [...(this.#idsOf.get(source) ?? [])].flatMap((id) => this.#store.get(id) ?? []);
  }

  /** Adds chunks of any files. */
  async add(chunks: readonly Chunk[], vectors: readonly Float32Array[]): Promise<void> {
    await this.#store.upsert(chunks.map((chunk, row) => ({ ...chunk, vector: vectors[row]! })));
    for (const { id } of chunks) this.#unsaved.ids.add(id);
    this.#isSaved = false;
  }

  /**
   * Drops the old chunks of a file that has all new ones. If another run has removed some of these
   * meanwhile, the file counts as changed in the next run.
   */
  async finish({ source, digest, chunks, isNamed, fault }: ChunkedFile): Promise<void> {
    const old = this.#idsOf.get(source);
    const ids = new Set(chunks.map(({ id }) => id));
    // Lines may have moved.
    const kept = chunks.filter(({ id }) => old?.has(id) && this.#store.has(id));
    await this.add(
      kept,
      kept.map(({ id }) => this.#store.get(id)!.vector),
    );
    await this.#store.delete([...(old ?? [])].filter((id) => !ids.has(id)));
    this.#idsOf.set(source, ids);
    this.#files.set(source, { digest, chunks: ids.size, named: isNamed || undefined, fault });
    this.#change(source);
  }

  /** What is wrong with a file in the store. */
  faultOf({ source }: SourceFile): string | undefined {
    return this.#files.get(source)?.fault;
  }

  /** Remembers a file that is unchanged, but that a run has named for the first time. */
  keep({ source, isNamed }: SourceFile): void {
    const file = this.#files.get(source);
    if (!file || !isNamed || file.named) return;
    this.#files.set(source, { ...file, named: true });
    this.#changed.add(source);
    this.#isSaved = false;
  }

  /**
   * Gives files other names. One whose name is taken is the same file, and is dropped.
   *
   * @param names - by those that they have
   */
  async rename(names: ReadonlyMap<string, string>): Promise<void> {
    const renamed = Array.from(names, ([from, to]) => ({
      ...{ from, to, file: this.#files.get(from) },
      items: this.#itemsOf(from),
    }));
    // The name of one can be the new name of another.
    for (const { from } of renamed) await this.remove(from);
    for (const { from, to, file, items } of renamed) {
      if (this.#idsOf.has(to)) continue;
      const chunks = items.map(({ id, record }) => ({
        id: `${to}${id.slice(from.length)}`,
        record: { ...record, metadata: { ...record.metadata, source: to } },
      }));
      await this.add(
        chunks,
        items.map(({ vector }) => vector),
      );
      this.#idsOf.set(to, new Set(chunks.map(({ id }) => id)));
      if (file) this.#files.set(to, file);
      this.#change(to);
    }
  }

  /** Removes a file that is gone or left out. */
  async remove(source: string): Promise<void> {
    await this.#store.delete([...(this.#idsOf.get(source) ?? [])]);
    this.#idsOf.delete(source);
    this.#files.delete(source);
    this.#change(source);
  }

  #change(source: string): void {
    this.#changed.add(source);
    this.#unsaved.sources.add(source);
    this.#isSaved = false;
  }

  /**
   * Saves what has changed.
   *
   * @param minSeconds - do nothing if the last save is not that long ago
   * @throws OtherRootError; CommandError if another program has saved another store to the folder
   * meanwhile
   */
  async save(minSeconds = 0): Promise<void> {
    if (this.#isSaved || performance.now() - this.#savedAt < minSeconds * 1_000) return;
    for (let isCurrent = false; !isCurrent; )
      isCurrent = await this.#store.save(this.#folder, { overwrite: false, lockTimeout }).then(
        () => true,
        (error: unknown) => this.#merge(error),
      );
    // In this order: a crash in between costs reading files again, but embeds nothing twice.
    await changeSettings(this.#folder, (saved) => {
      this.#settings = this.#settingsFor(saved);
      return { ...this.#settings, files: this.#filesWith(saved) };
    });
    for (const unsaved of Object.values(this.#unsaved)) unsaved.clear();
    this.#isSaved = true;
    this.#savedAt = performance.now();
  }

  /** The files of the settings that are saved, with the changes since the start. */
  #filesWith(saved: StoreSettings | undefined): StoreSettings["files"] {
    const files = new Map(saved ? Object.entries(saved.files) : this.#files);
    for (const source of this.#changed) {
      const file = this.#files.get(source);
      if (file) files.set(source, file);
      else files.delete(source);
    }
    return Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /**
   * Makes the unsaved changes in the store that another run has saved, and goes on with that one.
   *
   * @param error - why the store was not saved
   */
  async #merge(error: unknown): Promise<false> {
    if (!FaissStoreError.isInstance(error) || error.code !== "STORE_CHANGED") throw error;
    await waitForSettings(this.#folder);
    const { store, settings, idsOf } = await readSavedState(this.#folder, this.#folder);
    const { dimension, identity } = this.#store;
    try {
      checkIsIndexed(store!, this.#folder, settings !== undefined);
      store!.checkEmbedding({ dimension, identity });
    } catch {
      throw new CommandError(
        `Another program has saved another store to ${this.#folder} meanwhile. Run the command ` +
          "again, with another --store.",
        { cause: error },
      );
    }
    if (settings && settings.root !== this.#settings.root) throw new OtherRootError(this.#folder);
    const added = [...this.#unsaved.ids].map((id) => this.#store.get(id));
    await store!.upsert(added.filter((item) => item !== undefined));
    for (const source of this.#unsaved.sources) {
      const own = this.#idsOf.get(source);
      await store!.delete([...(idsOf.get(source) ?? [])].filter((id) => !own?.has(id)));
    }
    await this.#store.close();
    this.#store = store!;
    this.#idsOf = idsBySource(store!);
    return false;
  }
}

/** Waits for the settings of another run, which it saves right after its store. */
async function waitForSettings(folder: string): Promise<void> {
  for (let tries = 0; tries < 20 && !(await readSettings(folder)); tries++) await setTimeout(100);
}

/** What the vector of a chunk says. */
function keyOf({ pageContent, metadata }: DocumentRecord): string {
  return JSON.stringify([metadata.title, pageContent]);
}
