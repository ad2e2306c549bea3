import {
  type ChangeOptions,
  type FaissStore as CoreStore,
  type FaissStoreHit,
  LazyFaissStore,
  type LazyFaissStoreOptions,
  type SaveOptions,
} from "@embeddinggemma/faiss";
import { createWith, type Rule, type Rules, SharedPromise } from "@embeddinggemma/internal";
import { pathRule } from "@embeddinggemma/internal/node";
import type { BaseEmbedding } from "@llamaindex/core/embeddings";
import { DEFAULT_PERSIST_DIR } from "@llamaindex/core/global";
import type { BaseNode } from "@llamaindex/core/schema";
import {
  BaseVectorStore,
  type VectorStoreBaseParams,
  type VectorStoreQuery,
  type VectorStoreQueryResult,
} from "@llamaindex/core/vector-store";
import { storeChecker } from "./check-options.ts";
import { withEmbedModel } from "./embed-model.ts";
import { explainOption } from "./embedding-option.ts";
import { checkQuery, type FaissQueryParams } from "./faiss-query.ts";
import {
  checkedImportOptions,
  importFromPython,
  type PythonImportOptions,
} from "./import-from-python.ts";
import { MissingNodes } from "./missing-nodes.ts";
import { checkNodes, itemOf } from "./node-item.ts";
import { checkedRecord, type NodeRecord, nodeFilter, nodeOf } from "./node-record.ts";
import { checkQueryModel } from "./query-model.ts";
import { explainRefused } from "./refused-nodes.ts";
import {
  checkPersistDir,
  explainChanged,
  explainNotReplaced,
  refuseForeignFolder,
  type StoreFolder,
  storeFolder,
} from "./store-folder.ts";

const { checkOptions, invalidArgument } = storeChecker;

/**
 * Options of {@link FaissVectorStore}: `embedModel`, `persistDir`, and the options of the FAISS
 * index, which is created with the first nodes, or an existing `store` of `@embeddinggemma/faiss`.
 */
export interface FaissVectorStoreParams
  extends LazyFaissStoreOptions<NodeRecord>,
    VectorStoreBaseParams {
  /**
   * Folder of a LlamaIndex storage context: a path, in which a leading `~` is the home folder, or a
   * `file:` URL. (`storageContextFromDefaults` of LlamaIndex takes only a path without `~`.) If it
   * contains a store, that store is opened with its own index. Every change is saved there, as the
   * other stores of the context do.
   *
   * @default none: the store is in memory, and `persist` saves it
   */
  persistDir?: string | URL | undefined;
  /**
   * Distinguishes several stores of one storage context, such as one for texts and one for images.
   * Letters, digits, `_`, `-` and `.`. The store is in `<namespace>__faiss_vector_store` then.
   *
   * @default none: the store is in `faiss_vector_store`
   */
  namespace?: string | undefined;
}

/** Options of {@link FaissVectorStore.loadFromPython}. */
export type FaissVectorStoreImportParams = PythonImportOptions &
  Pick<FaissVectorStoreParams, "embedModel" | "embeddingModel" | "persistDir" | "namespace">;

/**
 * A local FAISS vector store for LlamaIndex. It has all metadata filters and maximal marginal
 * relevance, returns nodes unchanged, and saves without loss. Vectors have unit length and are
 * compared by inner product, so similarities are cosines: higher is better.
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
  readonly #missing: MissingNodes;
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
    this.#missing = new MissingNodes(folder);
    this.#isQueryModelKnown = params.allowMismatch === true;
  }

  /**
   * Opens the store in the folder of a storage context, or creates one there. See `persistDir` of
   * {@link FaissVectorStoreParams}. The process warns if the store lacks nodes of documents that
   * the folder's document store lists.
   *
   * @param given - the folder, `"./storage"` if you pass nothing, and the other options
   * @throws `INVALID_ARGUMENT` for a folder that is undefined, or given twice;
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
    checkPersistDir(given);
    const [persistDir = DEFAULT_PERSIST_DIR, params] = given;
    const store = new this({ ...params, persistDir });
    store.#missing.openedFirst(await store.client());
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
    const options = checkedImportOptions(params, paramRules);
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
   * `persistDir`.
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
      const store = await this.client();
      const ids = await store.upsert(items, this.#autosave);
      this.#missing.changed();
      return ids;
    } catch (error) {
      throw explainRefused(explainChanged(error, this.#folder), nodes);
    }
  }

  /**
   * Deletes the nodes of a document. Unknown ids are ignored. If this throws, nothing has changed.
   * This does not load the model.
   *
   * @throws `INVALID_ARGUMENT` if the id is no string
   */
  async delete(refDocId: string): Promise<void> {
    if (typeof refDocId !== "string")
      throw invalidArgument("refDocId", refDocId, "the id of a document, a string");
    if (this.#folder) await refuseForeignFolder(this.#folder);
    const store = await this.#store.existing();
    const isOfDocument = (record: NodeRecord, id: string) =>
      checkedRecord(record, id).refDocId === refDocId;
    try {
      const removed = await store?.delete(isOfDocument, this.#autosave);
      if (removed) this.#missing.changed();
    } catch (error) {
      throw explainChanged(error, this.#folder);
    }
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
    const { queryEmbedding, k, fetchK, lambda, minScore } = checkQuery(query);
    const filter = nodeFilter(query);
    const store = await this.client();
    await this.#missing.queried(store);
    if (store.size > 0 && query.queryStr && !this.#isQueryModelKnown)
      this.#isQueryModelKnown = await checkQueryModel(
        this.embedModel,
        query.queryStr,
        queryEmbedding,
      );
    switch (query.mode) {
      case "default":
        return resultOf(await store.search(queryEmbedding, { k, filter, minScore }));
      case "mmr": {
        const options = { k, filter, lambda, fetchK };
        return resultOf(await store.maximalMarginalRelevance(queryEmbedding, options));
      }
      default:
        throw invalidArgument("mode", query.mode, '"default" or "mmr"');
    }
  }

  /**
   * Saves to the folder of a storage context, atomically.
   *
   * @param persistDir - by default, the store's own folder, or `"./storage"`
   * @throws `STORE_CHANGED` if another writer has saved there since this store was opened from
   * there or, in the store's own `persistDir`, created. Without `overwrite: true`, also if the
   * default folder, or any folder for an empty store, contains another store.
   */
  async persist(persistDir?: string | URL, options: SaveOptions = {}): Promise<void> {
    checkOptions({ persistDir }, paramRules);
    const store = (await this.#store.existing()) ?? (await this.client());
    const given = persistDir ?? this.#folder?.persistDir ?? DEFAULT_PERSIST_DIR;
    const folder = storeFolder(given, this.#namespace);
    const isOwn = folder.path === this.#folder?.path;
    // Whoever names a folder replaces what is there.
    const isCareful = isOwn || persistDir === undefined;
    const overwrite = options?.overwrite ?? (isCareful ? false : undefined);
    return store.save(folder.path, { ...options, overwrite }).catch((error) => {
      throw isOwn ? explainChanged(error, folder) : explainNotReplaced(error, folder);
    });
  }

  async #open(): Promise<CoreStore<NodeRecord>> {
    if (this.#folder) await refuseForeignFolder(this.#folder);
    const store = await this.#store.get();
    for (const { id, record } of store) {
      checkedRecord(record, id);
      break; // A store of other records has them all; a later one is checked when it is found.
    }
    await this.#missing.opened(store);
    return store;
  }

  get #autosave(): ChangeOptions {
    return this.#folder ? { saveTo: this.#folder.path, overwrite: false } : {};
  }
}

const embedModelRule: Rule = {
  expected: "an embedding model of LlamaIndex, such as `new EmbeddingGemmaEmbedding()`",
  accepts: (value) => typeof (value as BaseEmbedding | null)?.getTextEmbedding === "function",
};

const paramRules: Rules<Omit<FaissVectorStoreParams, keyof LazyFaissStoreOptions<NodeRecord>>> = {
  embedModel: embedModelRule,
  embeddingModel: embedModelRule,
  persistDir: pathRule,
  namespace: {
    expected: "a name of letters, digits, _, - and .",
    accepts: (value) =>
      typeof value === "string" && /^[\p{L}\p{N}_-][\p{L}\p{N}._-]*$/u.test(value),
  },
};

function resultOf(hits: readonly FaissStoreHit<NodeRecord>[]): VectorStoreQueryResult {
  return {
    nodes: hits.map(({ id, record }) => nodeOf(checkedRecord(record, id))),
    similarities: hits.map(({ score }) => score),
    ids: hits.map(({ id }) => id),
  };
}
