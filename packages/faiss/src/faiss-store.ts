import { randomUUID } from "node:crypto";
import { invalidArgument } from "./check.ts";
import { ReadWriteLock } from "./concurrency/read-write-lock.ts";
import { FaissStoreError } from "./errors.ts";
import { checkEmbedding, checkSameIdentity } from "./files/identity.ts";
import { hasManifest, lacksManifest } from "./files/manifest.ts";
import { SavedFolders } from "./files/saved-folders.ts";
import { type FaissEngine, loadEngine } from "./index/faiss-engine.ts";
import { exportFaiss, exportLangChainPython } from "./interchange/export-store.ts";
import { importStore } from "./interchange/import-store.ts";
import type { ImportOptions, LangChainExportOptions } from "./interchange-types.ts";
import { openStore } from "./open-store.ts";
import {
  absolutePath,
  type CheckedChangeOptions,
  checkChangeOptions,
  checkDeletion,
  checkExportOptions,
  checkImportOptions,
  checkOpenOptions,
  checkSaveOptions,
  checkStoreOptions,
  checkUpsertOptions,
  ownIdentity,
} from "./options.ts";
import { listOf } from "./rows/check-items.ts";
import { dimensionOf } from "./rows/stage-items.ts";
import { searchContent, searchDiverse, unitQueries } from "./search/search-content.ts";
import {
  checkMaximalMarginalRelevanceOptions,
  checkQueries,
  checkSearchOptions,
} from "./search/search-options.ts";
import { type SaveTable, StoreContent } from "./store-content.ts";
import { changedOptions, factoryOf } from "./store-settings.ts";
import type {
  ChangeOptions,
  EngineName,
  FaissStoreEntry,
  FaissStoreFilter,
  FaissStoreHit,
  FaissStoreItem,
  FaissStoreOptions,
  Identity,
  MaximalMarginalRelevanceOptions,
  OpenOptions,
  RecordValue,
  SaveOptions,
  SearchOptions,
  UpsertOptions,
  Vector,
} from "./types.ts";

/**
 * A vector store in memory that you can save to a folder. Each item has a string id, a vector and a
 * record. Scores are cosines: higher is better. The store divides each vector by its length; a
 * unit vector is stored unchanged.
 *
 * You can start a call before earlier ones have finished: searches and saves run at the same time,
 * and a change waits for all earlier calls.
 *
 * @example
 * const store = await FaissStore.create<{ text: string }>();
 * await store.upsert([{ id: "mars", vector: [0.1, 0.9], record: { text: "Mars is red." } }]);
 * const [hit] = await store.search([0.2, 0.8], { k: 1 });
 * console.log(hit?.id, hit?.score, hit?.record.text);
 */
export class FaissStore<R = RecordValue> {
  readonly #options: FaissStoreOptions;
  readonly #engine: FaissEngine | undefined;
  readonly #lock = new ReadWriteLock();
  #folders = new SavedFolders();
  #id: string = randomUUID();
  #content: StoreContent<R> | undefined;
  #isClosed = false;

  private constructor(options: FaissStoreOptions, engine: FaissEngine | undefined) {
    this.#options = { ...options, identity: ownIdentity(options.identity) };
    this.#engine = engine;
  }

  /**
   * Creates an empty store.
   *
   * @throws FaissStoreError `INVALID_ARGUMENT`, `ENGINE_UNAVAILABLE`
   * @example
   * const store = await FaissStore.create<{ text: string }>({ searchDimension: 256 });
   */
  static async create<R = RecordValue>(options: FaissStoreOptions = {}): Promise<FaissStore<R>> {
    checkStoreOptions(options);
    const engine = await loadEngine(options, factoryOf(options));
    const store = new FaissStore<R>(options, engine);
    if (options.dimension !== undefined)
      store.#content = new StoreContent<R>(options, options.dimension, engine);
    return store;
  }

  /**
   * Opens a store that {@link FaissStore.save} wrote.
   *
   * @param directory - a path, in which a leading `~` is the home folder, or a `file:` URL, also as
   * a `URL`. All methods take folders and files like this.
   * @throws FaissStoreError `NOT_A_STORE`, `FILE_MISSING`, `FILE_DAMAGED`, `NEWER_FORMAT`,
   * `READ_FAILED`, `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH`, `INVALID_ARGUMENT`,
   * `ENGINE_UNAVAILABLE`; with `engine: "faiss"`, `ENGINE_FAILED`
   * @example
   * const store = await FaissStore.open<{ text: string }>("planets", { identity: "my model" });
   */
  static async open<R = RecordValue>(
    directory: string | URL,
    options: OpenOptions = {},
  ): Promise<FaissStore<R>> {
    const path = absolutePath(directory);
    checkOpenOptions(options);
    const { id, options: storeOptions, engine, content, saved } = await openStore<R>(path, options);
    const store = new FaissStore<R>(storeOptions, engine);
    store.#id = id;
    store.#content = content;
    store.#folders.opened(path, saved);
    return store;
  }

  /**
   * Whether a folder contains a saved store, even a damaged one. The folder may be missing.
   *
   * @throws FaissStoreError `READ_FAILED`, `INVALID_ARGUMENT`
   * @example
   * const isSaved = await FaissStore.exists("planets");
   */
  static async exists(directory: string | URL): Promise<boolean> {
    const folder = absolutePath(directory);
    return (await hasManifest(folder)) || lacksManifest(folder);
  }

  /**
   * Imports what another library has saved: a folder of LangChain.js's community `FaissStore`, of
   * LangChain's `FAISS.save_local` (Python) or of LlamaIndex's FAISS stores (Python), or a FAISS
   * file of a kind that has its vectors bit for bit. Ids are kept. No code in the files is run.
   *
   * With the option `embedding`, the import checks that the vectors are those of the embedding.
   *
   * @throws FaissStoreError `NOT_A_STORE`, `FILE_MISSING`, `FILE_DAMAGED`, `READ_FAILED`,
   * `UNSAFE_FILE`, `INVALID_VECTOR`, `INVALID_RECORD`, `INVALID_ARGUMENT`, `ENGINE_UNAVAILABLE`,
   * `DIMENSION_MISMATCH`; with `embedding`, `IDENTITY_MISMATCH` and the errors of the embedding
   * @example
   * const fromLangChain = await FaissStore.import("folder-of-save_local");
   * const fromLlamaIndex = await FaissStore.import("storage", { format: "llamaindex-python" });
   * const fromFaiss = await FaissStore.import("index.faiss", { ids: ["mars", "venus"] });
   */
  static async import<R = RecordValue>(
    path: string | URL,
    options: ImportOptions<R> = {},
  ): Promise<FaissStore<R>> {
    const absolute = absolutePath(path);
    checkImportOptions(options);
    if (options.reembed && !options.embedding)
      throw invalidArgument("embedding", options.embedding, "set for reembed: true");
    await loadEngine(options, factoryOf(options)); // Fails before anything is embedded.
    const { options: storeOptions, items } = await importStore<R>(absolute, options);
    const store = await FaissStore.create<R>(storeOptions);
    await store.upsert(items);
    return store;
  }

  /** Number of items. */
  get size(): number {
    return this.#content?.table.size ?? 0;
  }

  /** How many numbers a vector has; undefined while the store has no vector and no such option. */
  get dimension(): number | undefined {
    return this.#content?.settings.dimension;
  }

  /** By how many leading numbers candidates are found; undefined like {@link dimension}. */
  get searchDimension(): number | undefined {
    return this.#content?.settings.searchDimension;
  }

  /**
   * The engine that searches this store. With `engine: "auto"`, the built-in one takes over if
   * FAISS fails later.
   */
  get engine(): EngineName {
    return this.#engine ? "faiss" : "builtin";
  }

  /** What made the vectors, if known. */
  get identity(): Identity | undefined {
    return this.#options.identity;
  }

  /**
   * Checks that you can search this store with the vectors of an embedding.
   *
   * @param embedding - dimension and identity of its vectors; what is undefined is not checked, and
   * the identity `null`, for an unknown one, matches only a store without identity
   * @throws FaissStoreError `DIMENSION_MISMATCH`, `IDENTITY_MISMATCH` if both values are known and
   * differ
   * @example
   * store.checkEmbedding({ dimension: 768, identity: "my model" });
   */
  checkEmbedding(embedding: Pick<OpenOptions, "dimension" | "identity">): void {
    const advice = "Use the embedding that made the store, or embed the texts again.";
    checkEmbedding(this, embedding, { advice });
  }

  /** Whether the store has an item with this id. */
  has(id: string): boolean {
    return this.#contentIfOpen()?.table.rowOf.has(id) ?? false;
  }

  /** A copy of the item with this id; undefined if there is none. */
  get(id: string): FaissStoreEntry<R> | undefined {
    return this.#contentIfOpen()?.entry(id);
  }

  /** The ids in insertion order. */
  ids(): string[] {
    return [...(this.#contentIfOpen()?.table.rowOf.keys() ?? [])];
  }

  /** The items in insertion order. Each is copied when the iteration reaches it. */
  *[Symbol.iterator](): IterableIterator<FaissStoreEntry<R>> {
    for (const id of this.ids()) {
      const entry = this.get(id);
      if (entry) yield entry;
    }
  }

  /**
   * Adds items, or replaces those with the same ids. A replaced item keeps its place in insertion
   * order. Each id may occur once in a call. With `existingIds: "error"`, ids that the store has
   * are refused. If this throws, nothing has changed.
   *
   * Do not change the vectors and records until the promise settles: they are copied in steps, so
   * that the event loop stays free.
   *
   * You can pass another store to add its current items. If its identity differs but you are sure
   * that the vectors agree, pass `[...store]`.
   *
   * @returns the ids of the items, in their order; new ones for items without id
   * @throws FaissStoreError `DIMENSION_MISMATCH`, `INVALID_VECTOR`, `INVALID_RECORD`,
   * `INVALID_ARGUMENT`; for another store `IDENTITY_MISMATCH`, if this store has an identity
   * that the other one has not; with `saveTo` the errors of {@link FaissStore.save}
   * @example
   * await store.upsert([{ id: "mars", vector: [0.1, 0.9], record: { text: "Mars is red." } }]);
   */
  async upsert(items: Iterable<FaissStoreItem<R>>, options: UpsertOptions = {}): Promise<string[]> {
    const { refusesExisting, change } = checkUpsertOptions(options);
    const list =
      items instanceof FaissStore ? this.#itemsOf(items) : listOf(items, "{ id, vector, record }");
    return this.#write(async () => {
      const dimension = this.dimension ?? dimensionOf(list);
      if (dimension === undefined) return [];
      const content = this.#content ?? new StoreContent<R>(this.#options, dimension, this.#engine);
      const save = this.#saverFor(content, change);
      const ids = await content.upsert(list, { refusesExisting, save });
      this.#content = content;
      return ids;
    });
  }

  /**
   * Removes the item with an id, those with several ids, or those for which a filter returns true.
   * Unknown ids are ignored.
   *
   * @returns how many items were removed
   * @throws FaissStoreError `INVALID_ARGUMENT`; with `saveTo` the errors of
   * {@link FaissStore.save}, and then nothing was removed
   * @example
   * await store.delete("mars");
   * await store.delete((record) => record.text.includes("red"));
   */
  async delete(
    which: string | readonly string[] | FaissStoreFilter<R>,
    options: ChangeOptions = {},
  ): Promise<number> {
    const idsOrFilter = checkDeletion(which);
    const checked = checkChangeOptions(options);
    return this.#write(async () => {
      const content = this.#content;
      return content?.delete(idsOrFilter, this.#saverFor(content, checked)) ?? 0;
    });
  }

  /**
   * Finds the best items for a query, or for each of several queries. The best comes first; ties
   * are in insertion order.
   *
   * @returns the hits; for several queries, a list of hits for each
   * @throws FaissStoreError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `INVALID_VECTOR`; with
   * `engine: "faiss"`, `ENGINE_FAILED`
   * @example
   * const hits = await store.search([0.2, 0.8], { k: 5, filter: ({ text }) => text !== "" });
   * for (const { id, score, record } of hits) console.log(id, score, record.text);
   */
  // The first one, for a query of the type `any`, such as one from a JSON file.
  async search(query: Vector, options?: SearchOptions<R>): Promise<FaissStoreHit<R>[]>;
  async search(
    queries: readonly Vector[],
    options?: SearchOptions<R>,
  ): Promise<FaissStoreHit<R>[][]>;
  async search(
    query: Vector | readonly Vector[],
    options: SearchOptions<R> = {},
  ): Promise<FaissStoreHit<R>[] | FaissStoreHit<R>[][]> {
    const { queries, isOne } = checkQueries(query);
    const checked = checkSearchOptions(options);
    const hits = await this.#read(async () =>
      this.#content
        ? searchContent(this.#content, queries, checked)
        : unitQueries(queries).map(() => []),
    );
    return isOne ? hits[0]! : hits;
  }

  /**
   * Finds items that are relevant, but different from each other. They are picked one by one from
   * the best `fetchK` hits. Scores are the cosines to the query, as in {@link FaissStore.search}.
   *
   * @throws FaissStoreError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `INVALID_VECTOR`; with
   * `engine: "faiss"`, `ENGINE_FAILED`
   * @example
   * const diverse = await store.maximalMarginalRelevance([0.2, 0.8], { k: 4, lambda: 0.3 });
   */
  async maximalMarginalRelevance(
    query: Vector,
    options: MaximalMarginalRelevanceOptions<R> = {},
  ): Promise<FaissStoreHit<R>[]> {
    const checked = checkMaximalMarginalRelevanceOptions(options);
    return this.#read(async () =>
      this.#content
        ? searchDiverse(this.#content, query, checked)
        : unitQueries([query]).flatMap(() => []),
    );
  }

  /**
   * Saves to a folder, which is created if it does not exist. Saves are atomic: after a crash, the
   * folder contains either the old state or the new one. Only what has changed since the last save
   * there is written.
   *
   * @throws FaissStoreError `SAVE_FAILED`, `STORE_LOCKED`, `STORE_CHANGED`, `INVALID_ARGUMENT`; if
   * the folder contains a store that cannot be read, the errors of reading it, unless `overwrite`
   * is true
   * @example
   * await store.save("planets");
   * const again = await FaissStore.open<{ text: string }>("planets");
   */
  async save(directory: string | URL, options: SaveOptions = {}): Promise<void> {
    const saveTo = absolutePath(directory);
    checkSaveOptions(options);
    await this.#read(async () => {
      const content = this.#contentToWrite();
      await this.#saverFor(content, { ...options, saveTo })?.(content.table);
    });
  }

  /**
   * Creates an empty store with the settings of this one, to take its place in the folders that
   * this one was opened from or saved to. {@link FaissStore.save} with `overwrite: false` replaces
   * what they contain now, but not what another writer saves later. This store stays as it is.
   *
   * @param options - settings that differ from those of this store. With `dimension`, the new store
   * is for other vectors, and has the identity that you give, or none.
   * @throws FaissStoreError `INVALID_ARGUMENT`, `ENGINE_UNAVAILABLE`
   * @example
   * const store = await FaissStore.open<{ text: string }>("planets");
   * const replacement = await store.createReplacement({ index: "HNSW32,Flat" });
   * await replacement.upsert(store);
   * await replacement.save("planets", { overwrite: false });
   */
  async createReplacement(options: FaissStoreOptions = {}): Promise<FaissStore<R>> {
    checkStoreOptions(options);
    return this.#read(async () => {
      const store = await FaissStore.create<R>(changedOptions(this.#options, options));
      store.#folders = await this.#folders.copy();
      return store;
    });
  }

  /**
   * Writes the vectors to a FAISS file of a flat inner-product index, for `faiss.read_index`.
   *
   * @returns the ids in the order of the vectors
   * @throws FaissStoreError `SAVE_FAILED`, `INVALID_ARGUMENT`
   * @example
   * const ids = await store.exportFaiss("planets.faiss");
   */
  async exportFaiss(path: string | URL): Promise<string[]> {
    const absolute = absolutePath(path);
    return this.#read(async () => exportFaiss(absolute, this.#contentToWrite().table));
  }

  /**
   * Writes a folder for `FAISS.load_local` of LangChain (Python). Load it with
   * `distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT`, since the scores are cosines.
   *
   * @throws FaissStoreError `SAVE_FAILED`, `INVALID_ARGUMENT`, `INVALID_RECORD`
   * @example
   * await store.exportLangChainPython("for-python", {
   *   toDocument: ({ text }) => ({ pageContent: text, metadata: {} }),
   * });
   */
  async exportLangChainPython(
    directory: string | URL,
    options: LangChainExportOptions<R> = {},
  ): Promise<void> {
    const absolute = absolutePath(directory);
    checkExportOptions(options);
    await this.#read(async () =>
      exportLangChainPython(absolute, this.#contentToWrite().table, options),
    );
  }

  /**
   * Frees the memory of the store, and its index in the FAISS process. Afterwards the store cannot
   * be used: calls throw `CLOSED`.
   */
  async close(): Promise<void> {
    // Calls in progress no longer wait for FAISS.
    this.#content?.index?.abandon();
    await this.#lock.write(async () => {
      this.#content?.index?.release();
      this.#content = undefined;
      this.#isClosed = true;
    });
  }

  /** Closes a store that was declared with `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #itemsOf(other: FaissStore<R>): FaissStoreItem<R>[] {
    const items = other.#contentIfOpen()?.items() ?? [];
    if (items.length > 0) checkSameIdentity(this.identity, other.identity);
    return items;
  }

  /** @param saveTo - absolute path; if undefined, there is nothing to save */
  #saverFor(
    { index, settings }: StoreContent<R>,
    { saveTo, ...options }: CheckedChangeOptions,
  ): SaveTable | undefined {
    if (saveTo === undefined) return undefined;
    const { identity } = this;
    return (table) =>
      this.#folders.save(saveTo, { id: this.#id, identity, table, index, settings }, options);
  }

  #contentToWrite(): StoreContent<R> {
    if (this.#content) return this.#content;
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      "The dimension of the store is not known yet, so there is nothing to write. Create it with " +
        "the option dimension, or add an item first.",
    );
  }

  #read<T>(task: () => Promise<T>): Promise<T> {
    return this.#lock.read(() => this.#ifOpen(task));
  }

  #write<T>(task: () => Promise<T>): Promise<T> {
    return this.#lock.write(() => this.#ifOpen(task));
  }

  async #ifOpen<T>(task: () => Promise<T>): Promise<T> {
    this.#contentIfOpen();
    return task();
  }

  /** The content; undefined until the dimension is known. Throws if the store is closed. */
  #contentIfOpen(): StoreContent<R> | undefined {
    if (this.#isClosed)
      throw new FaissStoreError("CLOSED", "The store was closed. Create or open it again.");
    return this.#content;
  }
}
