import {
  type ChangeOptions,
  type FaissStore as CoreStore,
  LazyFaissStore,
  type LazyFaissStoreOptions,
  type SaveOptions,
} from "@embeddinggemma/faiss";
import { ChangeQueue, createWith, SharedPromise } from "@embeddinggemma/internal";
import { DEFAULT_PERSIST_DIR } from "@llamaindex/core/global";
import type { BaseNode } from "@llamaindex/core/schema";
import {
  BaseVectorStore,
  type VectorStoreQuery,
  type VectorStoreQueryResult,
} from "@llamaindex/core/vector-store";
import { storeChecker } from "./check-options.ts";
import { DuplicateNodes } from "./duplicate-nodes.ts";
import { withEmbedModel } from "./embed-model.ts";
import { explainOption } from "./embedding-option.ts";
import { checkQuery, type FaissQueryParams, queryStore } from "./faiss-query.ts";
import { checkedImportOptions, importFromPython } from "./import-from-python.ts";
import { typeAdvice } from "./metadata-filters.ts";
import { MissingNodes } from "./missing-nodes.ts";
import { checkNodes, itemOf } from "./node-item.ts";
import {
  checkedRecord,
  filterKeys,
  metadataOf,
  type NodeRecord,
  nodeFilter,
} from "./node-record.ts";
import { checkQueryModel } from "./query-model.ts";
import { explainRefused } from "./refused-nodes.ts";
import {
  checkOpenArguments,
  checkPersistDir,
  explainChanged,
  noStoreIn,
  refuseForeignFolder,
  type StoreFolder,
  saveTo,
  storeFolder,
} from "./store-folder.ts";
import {
  checkedMustExist,
  type FaissVectorStoreImportParams,
  type FaissVectorStoreParams,
  importRules,
  paramRules,
} from "./store-params.ts";

const { checkOptions, invalidArgument } = storeChecker;

/**
 * A local FAISS vector store for LlamaIndex. It has all metadata filters and maximal marginal
 * relevance, returns nodes unchanged, and saves without loss. Vectors have unit length and are
 * compared by inner product, so similarities are cosines: higher is better.
 *
 * You can start a call before earlier ones have finished: changes and saves take effect in the
 * order of the calls.
 *
 * With {@link EmbeddingGemmaEmbedding}, a saved store remembers which model made its vectors.
 * Errors are `FaissStoreError` of `@embeddinggemma/faiss`.
 *
 * @example
 * const vectorStore = new FaissVectorStore({ searchDimension: 128 });
 * const storageContext = await storageContextFromDefaults({ vectorStore });
 * const index = await VectorStoreIndex.fromDocuments(documents, { storageContext });
 */
export class FaissVectorStore extends BaseVectorStore<
  Promise<CoreStore<NodeRecord>>,
  FaissQueryParams
> {
  readonly storesText = true;
  readonly #namespace: string | undefined;
  readonly #folder: StoreFolder | undefined;
  readonly #mustExist: boolean;
  readonly #missing: MissingNodes;
  readonly #duplicates = new DuplicateNodes();
  readonly #changes = new ChangeQueue();
  /** Keys of filters that no node had. */
  readonly #warned = new Set<string>();
  readonly #store: LazyFaissStore<NodeRecord>;
  readonly #opened = new SharedPromise(() => this.#open());
  #isQueryModelKnown: boolean;

  /**
   * Uses `store`, opens the store in `persistDir`, or creates an empty store. The folder is read
   * when the store is first used.
   *
   * @throws `INVALID_ARGUMENT`, also if neither `embedModel` nor `Settings.embedModel` is set
   * @example
   * const vectorStore = new FaissVectorStore({ preset: "balanced", persistDir: "storage" });
   */
  constructor(params: FaissVectorStoreParams = {}) {
    super(withEmbedModel(params));
    let folder: StoreFolder | undefined;
    type StoreOptions = LazyFaissStoreOptions<NodeRecord>;
    try {
      this.#store = createWith(storeChecker, paramRules, params, (options: StoreOptions) => {
        const { persistDir, namespace } = params;
        folder = persistDir === undefined ? undefined : storeFolder(persistDir, namespace);
        return new LazyFaissStore(this.embedModel, options, folder?.path);
      });
    } catch (error) {
      throw explainOption(error, params);
    }
    this.#folder = folder;
    this.#namespace = params.namespace;
    this.#mustExist = checkedMustExist(params);
    this.#missing = new MissingNodes(folder);
    this.#isQueryModelKnown = params.allowMismatch === true;
  }

  /**
   * Opens the store in the folder of a storage context, or creates one there. See `persistDir` of
   * {@link FaissVectorStoreParams}. The process warns if the store lacks nodes of documents that
   * the folder's document store lists. A program that only reads passes `mustExist: true`.
   *
   * @param given - the folder, `"./storage"` if you pass nothing, and the other options
   * @throws `INVALID_ARGUMENT` for a folder that is undefined, or given twice; `NOT_A_STORE` if
   * the store must exist and does not, or if another tool has saved the folder;
   * `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH` if another embedding model made the vectors
   * @example
   * const vectorStore = await FaissVectorStore.fromPersistDir("storage");
   * const storageContext = await storageContextFromDefaults({
   *   vectorStore,
   *   persistDir: "storage",
   * });
   */
  static async fromPersistDir(
    // Not two parameters: with a default, an undefined folder could not be told from none.
    ...given: [
      persistDir?: string | URL,
      params?: Omit<FaissVectorStoreParams, "persistDir" | "store">,
    ]
  ): Promise<FaissVectorStore> {
    checkOpenArguments(given);
    const [persistDir = DEFAULT_PERSIST_DIR, params] = given;
    const store = new this({ ...params, persistDir });
    await store.#missing.openedFirst(await store.client());
    return store;
  }

  /**
   * Imports a `FaissVectorStore` or `FaissMapVectorStore` that LlamaIndex (Python) saved, with its
   * nodes. A few of them are embedded, to check that the embedding model made the vectors. The
   * process warns if a model without a method `identity()` has not.
   *
   * @param directory - the folder of the storage context in Python
   * @param params - with `persistDir`, the new store is saved there. With `reembed: true`, all
   * nodes are embedded again. With `identity`, the store takes that identity, and nothing is
   * checked.
   * @throws `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH` if another embedding model made the vectors;
   * the errors of `FaissStore.import`; `STORE_CHANGED` if `persistDir` has a store
   * @example
   * const vectorStore = await FaissVectorStore.loadFromPython("python-storage", {
   *   persistDir: "storage",
   * });
   * const index = await VectorStoreIndex.fromVectorStore(vectorStore);
   */
  static async loadFromPython(
    directory: string | URL,
    params: FaissVectorStoreImportParams = {},
  ): Promise<FaissVectorStore> {
    const options = checkedImportOptions(params, importRules);
    const { embedModel, embeddingModel, persistDir, namespace } = params;
    const own = { embedModel, embeddingModel, persistDir, namespace };
    const store = await importFromPython(directory, withEmbedModel(own).embedModel, options);
    const loaded = new this({ ...own, store, identity: options.identity });
    if (persistDir !== undefined) await loaded.persist();
    return loaded;
  }

  /**
   * The store of `@embeddinggemma/faiss` behind this one. Use it for what LlamaIndex does not
   * offer.
   *
   * @throws `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH` if the given or opened store has vectors of
   * another embedding model
   */
  client(): Promise<CoreStore<NodeRecord>> {
    return this.#opened.get();
  }

  /**
   * Stores nodes with their embeddings. A node replaces the one with the same id, which may occur
   * once in a call. A `Date` in the metadata stays a `Date`; what cannot be stored, such as NaN or
   * an object of a class, is refused. If this throws, nothing has changed, neither in memory nor in
   * `persistDir`. The process warns if the first call adds nodes of a document that are there
   * already, under other ids, and if two documents of a call have the same id.
   *
   * @returns the ids, in the order of the nodes
   * @throws `INVALID_ARGUMENT`, `INVALID_RECORD`, `INVALID_VECTOR`, `DIMENSION_MISMATCH`, with the
   * position and the id of the node
   */
  async add(nodes: BaseNode[]): Promise<string[]> {
    checkNodes(nodes);
    if (nodes.length === 0) return [];
    try {
      const items = nodes.map(itemOf);
      return await this.#changes.run(async () => {
        const store = await this.client();
        const wereAdded = this.#duplicates.adding(store, nodes, items);
        const ids = await store.upsert(items, this.#autosave);
        this.#missing.changed();
        await wereAdded();
        return ids;
      });
    } catch (error) {
      throw explainRefused(explainChanged(error, this.#folder), nodes);
    }
  }

  /**
   * Deletes the nodes of a document. Unknown ids are ignored; for the id of a node, the process
   * warns. If this throws, nothing has changed. This does not load the model.
   *
   * @throws `INVALID_ARGUMENT` if the id is no string
   */
  async delete(refDocId: string): Promise<void> {
    if (typeof refDocId !== "string")
      throw invalidArgument("refDocId", refDocId, "the id of a document, a string");
    const isOfDocument = (record: NodeRecord, id: string) =>
      checkedRecord(record, id).refDocId === refDocId;
    await this.#changes.run(async () => {
      await this.#checkFolder();
      const store = await this.#store.existing();
      const removed = await store?.delete(isOfDocument, this.#autosave).catch((error) => {
        throw explainChanged(error, this.#folder);
      });
      if (removed) this.#missing.changed();
      else this.#duplicates.deletedNothing(store, refDocId);
    });
  }

  /**
   * Finds nodes in mode `default` or `mmr`. Similarities are cosines in both. In mode `mmr`,
   * `mmrThreshold` is the weight of relevance, 0.5 by default. `docIds` are ids of source documents
   * or of nodes.
   *
   * @throws `INVALID_ARGUMENT` for the other modes, which need more than one vector for a node;
   * `INVALID_VECTOR`, `DIMENSION_MISMATCH` for a `queryEmbedding` that cannot be compared
   */
  async query(query: VectorStoreQuery<FaissQueryParams>): Promise<VectorStoreQueryResult> {
    const checked = checkQuery(query);
    const matches = nodeFilter(query);
    const keys = filterKeys(query);
    const store = await this.client();
    await this.#missing.queried(store);
    if (store.size > 0 && query.queryStr && !this.#isQueryModelKnown)
      this.#isQueryModelKnown = await checkQueryModel(
        this.embedModel,
        query.queryStr,
        checked.queryEmbedding,
      );
    const result = await queryStore(store, checked, keys.watch(matches, metadataOf));
    keys.warn(this.#warned, "node", typeAdvice);
    return result;
  }

  /**
   * Saves to the folder of a storage context, atomically.
   *
   * @param given - the folder, by default the store's own or `"./storage"`, and options
   * @throws `INVALID_ARGUMENT` for a folder that is undefined; `STORE_CHANGED` if another writer
   * has saved there since this store was opened from there or, in the store's own `persistDir`,
   * created. Without `overwrite: true`, also if the default folder, or any folder for an empty
   * store, contains another store.
   */
  async persist(
    // As for `fromPersistDir`: an undefined folder is not the default one.
    ...given: [persistDir?: string | URL, options?: SaveOptions]
  ): Promise<void> {
    checkPersistDir(given, this.#folder?.persistDir);
    const [persistDir, options] = given;
    checkOptions({ persistDir }, paramRules);
    await this.#changes.run(async () => {
      const store = (await this.#store.existing()) ?? (await this.client());
      await saveTo(store, { persistDir, namespace: this.#namespace, own: this.#folder }, options);
    });
  }

  async #open(): Promise<CoreStore<NodeRecord>> {
    await this.#checkFolder();
    const store = await this.#store.get();
    for (const { id, record } of store) {
      checkedRecord(record, id);
      break; // A store of other records has them all; a later one is checked when it is found.
    }
    await this.#missing.opened(store);
    return store;
  }

  /** @throws FaissStoreError `NOT_A_STORE` */
  async #checkFolder(): Promise<void> {
    if (!this.#folder) return;
    await refuseForeignFolder(this.#folder);
    if (this.#mustExist && !(await this.#store.existing())) throw noStoreIn(this.#folder);
  }

  get #autosave(): ChangeOptions {
    return this.#folder ? { saveTo: this.#folder.path, overwrite: false } : {};
  }
}
