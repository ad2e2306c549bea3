import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { ReadWriteLock } from "./concurrency/read-write-lock.ts";
import { FaissStoreError } from "./errors.ts";
import { checkEmbedding, checkSameIdentity } from "./files/identity.ts";
import { hasManifest } from "./files/manifest.ts";
import { SavedFolders } from "./files/saved-folders.ts";
import { type FaissEngine, loadEngine } from "./index/faiss-engine.ts";
import { exportFaiss, exportLangChainPython } from "./interchange/export-store.ts";
import { importStore } from "./interchange/import-store.ts";
import { openStore } from "./open-store.ts";
import {
  checkDeletion,
  checkExportOptions,
  checkMaximalMarginalRelevanceOptions,
  checkOpenOptions,
  checkPath,
  checkQueries,
  checkSaveOptions,
  checkSearchOptions,
  checkStoreOptions,
} from "./options.ts";
import { dimensionOf, listOf } from "./rows/stage-items.ts";
import { searchContent, searchDiverse } from "./search/search-content.ts";
import { StoreContent } from "./store-content.ts";
import type {
  EngineName,
  FaissStoreEntry,
  FaissStoreFilter,
  FaissStoreHit,
  FaissStoreItem,
  FaissStoreOptions,
  Identity,
  ImportOptions,
  JsonValue,
  LangChainExportOptions,
  MaximalMarginalRelevanceOptions,
  OpenOptions,
  SaveOptions,
  SearchOptions,
  Vector,
} from "./types.ts";

/**
 * Vectors with string ids and a JSON record each, searched by inner product of unit vectors: a
 * score is a cosine, higher is better. Vectors are normalised on entry; a unit vector is kept bit
 * for bit.
 *
 * Calls may overlap: searches and saves run side by side, and each change waits for what was called
 * before it.
 */
export class FaissStore<R = JsonValue> {
  readonly #options: FaissStoreOptions;
  readonly #engine: FaissEngine | undefined;
  readonly #lock = new ReadWriteLock();
  readonly #folders = new SavedFolders();
  #id: string = randomUUID();
  #content: StoreContent<R> | undefined;
  #isClosed = false;

  private constructor(options: FaissStoreOptions, engine: FaissEngine | undefined) {
    this.#options = options;
    this.#engine = engine;
  }

  /**
   * Creates an empty store.
   *
   * @throws FaissStoreError `INVALID_ARGUMENT`, `ENGINE_UNAVAILABLE`
   * @example
   * const store = await FaissStore.create<{ text: string }>({ searchDimension: 256 });
   */
  static async create<R = JsonValue>(options: FaissStoreOptions = {}): Promise<FaissStore<R>> {
    checkStoreOptions(options);
    const engine = await loadEngine(options);
    const store = new FaissStore<R>({ ...options }, engine);
    if (options.dimension !== undefined)
      store.#content = new StoreContent<R>(options, options.dimension, engine);
    return store;
  }

  /**
   * Opens a store that {@link FaissStore.save} wrote.
   *
   * @throws FaissStoreError `NOT_A_STORE`, `FILE_MISSING`, `FILE_DAMAGED`, `NEWER_FORMAT`,
   * `READ_FAILED`, `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH`, `INVALID_ARGUMENT`,
   * `ENGINE_UNAVAILABLE`; with `engine: "faiss"`, `ENGINE_FAILED`
   * @example
   * const store = await FaissStore.open<{ text: string }>("planets", { identity: "my model" });
   */
  static async open<R = JsonValue>(
    directory: string,
    options: OpenOptions = {},
  ): Promise<FaissStore<R>> {
    checkPath(directory);
    checkOpenOptions(options);
    const path = resolve(directory);
    const engine = await loadEngine(options);
    const { id, options: storeOptions, content, saved } = await openStore<R>(path, options, engine);
    const store = new FaissStore<R>(storeOptions, engine);
    store.#id = id;
    store.#content = content;
    store.#folders.remember(path, saved);
    return store;
  }

  /**
   * Whether a folder contains a saved store, even a damaged one. The folder may be missing.
   *
   * @throws FaissStoreError `READ_FAILED`, `INVALID_ARGUMENT`
   * @example
   * const isSaved = await FaissStore.exists("planets");
   */
  static async exists(directory: string): Promise<boolean> {
    checkPath(directory);
    return hasManifest(resolve(directory));
  }

  /**
   * Imports what another library has saved: a folder of LangChain.js's community `FaissStore`, of
   * LangChain Python's `save_local`, of LlamaIndex Python's FAISS stores, or a FAISS file of a flat
   * index. Ids are kept. Nothing in the files is executed.
   *
   * @throws FaissStoreError `NOT_A_STORE`, `FILE_MISSING`, `FILE_DAMAGED`, `READ_FAILED`,
   * `UNSAFE_FILE`, `INVALID_VECTOR`, `INVALID_RECORD`, `INVALID_ARGUMENT`, `ENGINE_UNAVAILABLE`
   * @example
   * const store = await FaissStore.import("folder-of-save_local", { format: "langchain-python" });
   */
  static async import<R = JsonValue>(
    path: string,
    options: ImportOptions<R> = {},
  ): Promise<FaissStore<R>> {
    checkPath(path);
    const { options: storeOptions, items } = await importStore<R>(resolve(path), options);
    const store = await FaissStore.create<R>(storeOptions);
    await store.upsert(items);
    return store;
  }

  /** How many items there are. */
  get size(): number {
    return this.#content?.table.size ?? 0;
  }

  /** Numbers in a vector; undefined until the first vector, if the option was not given. */
  get dimension(): number | undefined {
    return this.#content?.settings.dimension;
  }

  /** Numbers of a vector that the index holds. */
  get searchDimension(): number | undefined {
    return this.#content?.settings.searchDimension;
  }

  /**
   * The engine that was loaded. If FAISS fails with `engine: "auto"`, the built-in scan answers
   * instead.
   */
  get engine(): EngineName {
    return this.#engine ? "faiss" : "builtin";
  }

  /** What made the vectors. */
  get identity(): Identity | undefined {
    return this.#options.identity;
  }

  /**
   * Checks that this store can be searched with the vectors of an embedding.
   *
   * @param embedding - length and identity of its vectors, as far as they are known
   * @throws FaissStoreError `DIMENSION_MISMATCH`, `IDENTITY_MISMATCH` if the store is known to hold
   * other vectors
   */
  checkEmbedding(embedding: Pick<FaissStoreOptions, "dimension" | "identity">): void {
    checkEmbedding(this, embedding);
  }

  has(id: string): boolean {
    return this.#present()?.table.rowOf.has(id) ?? false;
  }

  /** A copy of one item; undefined if there is no item with this id. */
  get(id: string): FaissStoreEntry<R> | undefined {
    return this.#present()?.entry(id);
  }

  /** The ids in insertion order. */
  ids(): string[] {
    return [...(this.#present()?.table.rowOf.keys() ?? [])];
  }

  /** The items in insertion order, each copied when it is reached. */
  *[Symbol.iterator](): IterableIterator<FaissStoreEntry<R>> {
    for (const id of this.ids()) {
      const entry = this.get(id);
      if (entry) yield entry;
    }
  }

  /**
   * Adds items, or replaces those whose id exists: a replaced item keeps its place in the order. If
   * an id is given twice, the last one counts. If this throws, nothing is added. Vectors and
   * records are copied step by step, so that the event loop stays free: do not change them until
   * the promise settles.
   *
   * Of another store, the items that it has now are added. To add them although the identities
   * differ, pass `[...store]`.
   *
   * @returns the ids, given or made, in the order of the items
   * @throws FaissStoreError `DIMENSION_MISMATCH`, `INVALID_VECTOR`, `INVALID_RECORD`,
   * `INVALID_ARGUMENT`; for another store `IDENTITY_MISMATCH`, if both identities are known and
   * differ
   * @example
   * await store.upsert([{ id: "mars", vector: [0.1, 0.9], record: { text: "Mars is red." } }]);
   */
  async upsert(items: Iterable<FaissStoreItem<R>>): Promise<string[]> {
    const own = items instanceof FaissStore ? this.#itemsOf(items) : listOf(items);
    return this.#write(async () => {
      const dimension = this.dimension ?? dimensionOf(own);
      if (dimension === undefined) return [];
      const content = this.#content ?? new StoreContent<R>(this.#options, dimension, this.#engine);
      const ids = await content.upsert(own);
      this.#content = content;
      return ids;
    });
  }

  /**
   * Removes the items with these ids, or those that a filter chooses. Unknown ids are ignored.
   *
   * @returns how many were removed
   */
  async delete(which: string | readonly string[] | FaissStoreFilter<R>): Promise<number> {
    const own = checkDeletion(which);
    return this.#write(async () => this.#content?.delete(own) ?? 0);
  }

  /**
   * The best items for a query, or for each of many, best first; ties in insertion order.
   *
   * @throws FaissStoreError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `INVALID_VECTOR`; with
   * `engine: "faiss"`, `ENGINE_FAILED`
   */
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
      this.#content ? searchContent(this.#content, queries, checked) : queries.map(() => []),
    );
    return isOne ? hits[0]! : hits;
  }

  /**
   * Finds items that are relevant and different from each other, chosen one by one among the best
   * `fetchK`. A score is still the cosine to the query.
   *
   * @throws FaissStoreError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `INVALID_VECTOR`; with
   * `engine: "faiss"`, `ENGINE_FAILED`
   */
  async maximalMarginalRelevance(
    query: Vector,
    options: MaximalMarginalRelevanceOptions<R> = {},
  ): Promise<FaissStoreHit<R>[]> {
    const checked = checkMaximalMarginalRelevanceOptions(options);
    return this.#read(async () =>
      this.#content ? searchDiverse(this.#content, query, checked) : [],
    );
  }

  /**
   * Saves to a folder, atomically: after a crash it contains either the old state or the new one.
   * Only what changed since the last save there is written.
   *
   * @throws FaissStoreError `SAVE_FAILED`, `STORE_LOCKED`, `STORE_CHANGED`, `INVALID_ARGUMENT`
   */
  async save(directory: string, options: SaveOptions = {}): Promise<void> {
    checkPath(directory);
    checkSaveOptions(options);
    const path = resolve(directory);
    const contentOf = () => {
      const { table, index, settings } = this.#known("saved");
      return { id: this.#id, identity: this.identity, table, index, settings };
    };
    await this.#read(() => this.#folders.save(path, contentOf, options));
  }

  /**
   * Writes the vectors as a FAISS file of a flat inner-product index, which `faiss.read_index`
   * opens.
   *
   * @returns the ids in the order of the vectors
   * @throws FaissStoreError `SAVE_FAILED`, `INVALID_ARGUMENT`
   */
  async exportFaiss(path: string): Promise<string[]> {
    checkPath(path);
    return this.#read(async () => exportFaiss(resolve(path), this.#known("exported").table));
  }

  /**
   * Writes a folder that LangChain Python's `FAISS.load_local` opens. Load it with
   * `distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT`, since its scores are cosines.
   *
   * @throws FaissStoreError `SAVE_FAILED`, `INVALID_ARGUMENT`, `INVALID_RECORD`
   */
  async exportLangChainPython(
    directory: string,
    options: LangChainExportOptions<R> = {},
  ): Promise<void> {
    checkPath(directory);
    checkExportOptions(options);
    await this.#read(async () =>
      exportLangChainPython(resolve(directory), this.#known("exported").table, options),
    );
  }

  /** Releases the index in the FAISS process. The store cannot be used after that. */
  async close(): Promise<void> {
    // Calls in progress do not wait for FAISS any longer.
    this.#content?.index?.abandon();
    await this.#lock.write(async () => {
      this.#content?.index?.release();
      this.#content = undefined;
      this.#isClosed = true;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #itemsOf(other: FaissStore<R>): FaissStoreItem<R>[] {
    checkSameIdentity(this.identity, other.identity);
    return other.#present()?.items() ?? [];
  }

  #known(what: string): StoreContent<R> {
    if (this.#content) return this.#content;
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `An empty store that has no dimension yet cannot be ${what}. Create it with a dimension, ` +
        "or add a vector first.",
    );
  }

  #read<T>(task: () => Promise<T>): Promise<T> {
    return this.#lock.read(() => this.#ifOpen(task));
  }

  #write<T>(task: () => Promise<T>): Promise<T> {
    return this.#lock.write(() => this.#ifOpen(task));
  }

  async #ifOpen<T>(task: () => Promise<T>): Promise<T> {
    this.#present();
    return task();
  }

  /** What it holds; nothing until its dimension is known. */
  #present(): StoreContent<R> | undefined {
    if (this.#isClosed)
      throw new FaissStoreError("CLOSED", "The store was closed. Create or open it again.");
    return this.#content;
  }
}
