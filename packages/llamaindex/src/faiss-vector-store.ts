import { join, resolve } from "node:path";
import {
  type ChangeOptions,
  type FaissStore as CoreStore,
  FaissStoreError,
  type FaissStoreHit,
  type FaissStoreOptions,
  LazyFaissStore,
  type LazyFaissStoreOptions,
  type SaveOptions,
} from "@embeddinggemma/faiss";
import { createWith, type Rule, type Rules } from "@embeddinggemma/internal";
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
import { checkQuery, type FaissQueryParams } from "./faiss-query.ts";
import { type NodeRecord, nodeFilter, nodeOf, recordOf } from "./node-record.ts";

const { checkOptions, invalidArgument } = storeChecker;

/**
 * Options of {@link FaissVectorStore}: `embedModel`, `persistDir`, and the options of the FAISS
 * index, which is created with the first nodes, or an existing `store` of `@embeddinggemma/faiss`.
 */
export interface FaissVectorStoreParams
  extends LazyFaissStoreOptions<NodeRecord>,
    VectorStoreBaseParams {
  /**
   * Folder of a LlamaIndex storage context. If it contains a store, that store is opened with its
   * own index. Every change is saved there, as the other stores of the context do.
   *
   * @default none: the store is in memory, and `persist` saves it
   */
  persistDir?: string | undefined;
}

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
  readonly #persistDir: string | undefined;
  readonly #store: LazyFaissStore<NodeRecord>;

  /**
   * Uses `store`, opens the store in `persistDir`, or creates an empty store. The folder is read
   * when the store is first used.
   *
   * @throws `INVALID_ARGUMENT`; LlamaIndex's Error without `embedModel` and `Settings.embedModel`
   * @example
   * const vectorStore = new FaissVectorStore({ preset: "balanced", persistDir: "storage" });
   */
  constructor(params: FaissVectorStoreParams = {}) {
    super(params);
    this.#store = createWith(storeChecker, paramRules, params, (options: FaissStoreOptions) => {
      const { persistDir, store } = params;
      const folder = persistDir && join(persistDir, folderName);
      return new LazyFaissStore(this.embedModel, { ...options, store }, folder);
    });
    this.#persistDir = params.persistDir;
  }

  /**
   * Opens the store in the folder of a storage context, or creates one there. See `persistDir` of
   * {@link FaissVectorStoreParams}.
   *
   * @throws `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH` if another embedding model made the vectors
   * @example
   * const vectorStore = await FaissVectorStore.fromPersistDir("storage");
   * const storageContext = await storageContextFromDefaults({
   *   vectorStore,
   *   persistDir: "storage",
   * });
   */
  static async fromPersistDir(
    persistDir: string = DEFAULT_PERSIST_DIR,
    params: Omit<FaissVectorStoreParams, "persistDir" | "store"> = {},
  ): Promise<FaissVectorStore> {
    const store = new FaissVectorStore({ ...params, persistDir });
    await store.client();
    return store;
  }

  /**
   * The store of `@embeddinggemma/faiss` behind this one. Use it for what LlamaIndex does not
   * offer.
   *
   * @throws `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH` if the given or opened store has vectors of
   * another embedding model
   */
  client(): Promise<CoreStore<NodeRecord>> {
    return this.#store.get();
  }

  /**
   * Stores nodes with their embeddings. A node replaces the one with the same id. If this throws,
   * nothing has changed, neither in memory nor in `persistDir`.
   *
   * @returns the ids, in the order of the nodes
   */
  async add(nodes: BaseNode[]): Promise<string[]> {
    if (!Array.isArray(nodes)) {
      const hint = (nodes as unknown) instanceof Promise ? "Add the missing `await`." : undefined;
      throw invalidArgument("nodes", nodes, "an array of nodes", hint);
    }
    if (nodes.length === 0) return [];
    const items = nodes.map((node) => ({
      id: node.id_,
      vector: vectorOf(node),
      record: recordOf(node),
    }));
    const store = await this.client();
    return store.upsert(items, this.#autosave());
  }

  /**
   * Deletes the nodes of a document. Unknown ids are ignored. If this throws, nothing has changed.
   * This does not load the model.
   */
  async delete(refDocId: string): Promise<void> {
    const store = await this.#store.existing();
    await store?.delete((record) => record.refDocId === refDocId, this.#autosave());
  }

  /**
   * Finds nodes in mode `default` or `mmr`. Similarities are cosines in both. In mode `mmr`,
   * `mmrThreshold` is the weight of relevance, 0.5 by default. `docIds` are ids of source documents
   * or of nodes.
   *
   * @throws `INVALID_ARGUMENT` for the other modes, which need more than one vector for a node
   */
  async query(query: VectorStoreQuery<FaissQueryParams>): Promise<VectorStoreQueryResult> {
    const { queryEmbedding, k, fetchK, lambda, minScore } = checkQuery(query);
    const filter = nodeFilter(query);
    const store = await this.client();
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
   * @throws `STORE_CHANGED` if another writer has saved there since this store was opened from
   * there or, in the store's own `persistDir`, created
   */
  async persist(
    persistDir: string = this.#persistDir ?? DEFAULT_PERSIST_DIR,
    options?: SaveOptions,
  ): Promise<void> {
    checkOptions({ persistDir }, paramRules);
    const store = (await this.#store.existing()) ?? (await this.client());
    const isOwn =
      this.#persistDir !== undefined && resolve(persistDir) === resolve(this.#persistDir);
    await store.save(join(persistDir, folderName), {
      ...(isOwn && { overwrite: false }),
      ...options,
    });
  }

  #autosave(): ChangeOptions {
    const persistDir = this.#persistDir;
    return persistDir ? { saveTo: join(persistDir, folderName), overwrite: false } : {};
  }
}

/** Beside `doc_store.json` and `index_store.json`. */
const folderName = "faiss_vector_store";

const embedModelRule: Rule = {
  expected: "an embedding model of LlamaIndex, such as `new EmbeddingGemmaEmbedding()`",
  accepts: (value) => typeof (value as BaseEmbedding | null)?.getTextEmbedding === "function",
};

const paramRules: Rules<Omit<FaissVectorStoreParams, keyof FaissStoreOptions | "allowMismatch">> = {
  embedModel: embedModelRule,
  embeddingModel: embedModelRule,
  persistDir: {
    expected: "the path of a folder",
    accepts: (value) => typeof value === "string" && value !== "",
  },
  store: {
    expected: "a FaissStore of @embeddinggemma/faiss",
    accepts: (value) => typeof (value as CoreStore | null)?.checkEmbedding === "function",
  },
};

function vectorOf({ id_, embedding }: BaseNode): number[] {
  if (embedding) return embedding;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `Node "${id_}" has no embedding. Embed nodes before you add them: ` +
      "`await embedModel(nodes)`.",
    { id: id_ },
  );
}

function resultOf(hits: readonly FaissStoreHit<NodeRecord>[]): VectorStoreQueryResult {
  return {
    nodes: hits.map(({ record }) => nodeOf(record)),
    similarities: hits.map(({ score }) => score),
    ids: hits.map(({ id }) => id),
  };
}
