import { join, resolve } from "node:path";
import {
  type FaissStore as CoreStore,
  FaissStoreError,
  type FaissStoreHit,
  LazyFaissStore,
  type LazyFaissStoreOptions,
  type SaveOptions,
} from "@embeddinggemma/faiss";
import { DEFAULT_PERSIST_DIR } from "@llamaindex/core/global";
import type { BaseNode } from "@llamaindex/core/schema";
import {
  BaseVectorStore,
  type VectorStoreBaseParams,
  type VectorStoreQuery,
  type VectorStoreQueryResult,
} from "@llamaindex/core/vector-store";
import { type NodeRecord, nodeFilter, nodeOf, recordOf } from "./node-record.ts";

/**
 * Options of {@link FaissVectorStore}: those of the FAISS index, which is made with the first
 * nodes, and these.
 */
export interface FaissVectorStoreParams
  extends LazyFaissStoreOptions<NodeRecord>,
    VectorStoreBaseParams {
  /**
   * Folder of LlamaIndex's storage context. A store that was saved there is opened, with the index
   * that it has, and every change is saved there, as with the other stores of the context. @default
   * none: the store lives in memory, and is saved by `persist`
   */
  persistDir?: string | undefined;
}

/** What a query may say beyond LlamaIndex's own fields, as `customParams`. */
export interface FaissQueryParams {
  /**
   * In mode `mmr`: among how many of the best nodes to choose.
   *
   * @default 20, or `similarityTopK` if that is more
   */
  fetchK?: number | undefined;
  /**
   * In mode `mmr`: in place of the query's own `mmrThreshold`, which LlamaIndex's retrievers do not
   * set.
   */
  mmrThreshold?: number | undefined;
  /** In mode `default`: only nodes with at least this cosine. */
  minScore?: number | undefined;
}

/**
 * A local FAISS vector store for LlamaIndex: inner product on unit vectors, so that similarities
 * are cosines and higher is better; all metadata filters, maximal marginal relevance, and saving
 * without loss. Nodes come back as they went in.
 *
 * With {@link EmbeddingGemmaEmbedding} the saved store remembers which model made it. Errors are
 * `FaissStoreError` of `@embeddinggemma/faiss`.
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
   * A new store, or the one in `persistDir`, or one on `store`.
   *
   * @throws `INVALID_ARGUMENT`; an Error of LlamaIndex if there is neither `embedModel` nor
   * `Settings.embedModel`
   * @example
   * const vectorStore = new FaissVectorStore({ preset: "balanced", persistDir: "storage" });
   */
  constructor({ embedModel, embeddingModel, persistDir, ...options }: FaissVectorStoreParams = {}) {
    super({ embedModel, embeddingModel });
    const folder = persistDir && join(persistDir, folderName);
    this.#persistDir = persistDir;
    this.#store = new LazyFaissStore(this.embedModel, options, folder);
  }

  /**
   * Opens the store of a storage context's folder, or starts one there; see `persistDir` of
   * {@link FaissVectorStoreParams}.
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
   * The store of `@embeddinggemma/faiss` that this class uses, for what LlamaIndex does not offer.
   *
   * @throws `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH` if a store is given or opened that does not
   * fit the embedding model
   */
  client(): Promise<CoreStore<NodeRecord>> {
    return this.#store.get();
  }

  /**
   * Stores nodes with their embeddings. A node replaces the one with the same id.
   */
  async add(nodes: BaseNode[]): Promise<string[]> {
    checkNodes(nodes);
    if (nodes.length === 0) return [];
    const items = nodes.map((node) => ({
      id: node.id_,
      vector: vectorOf(node),
      record: recordOf(node),
    }));
    const store = await this.client();
    const ids = await store.upsert(items);
    await this.#autosave();
    return ids;
  }

  /** Deletes the nodes of the document `refDocId`, if there are any. Does not load the model. */
  async delete(refDocId: string): Promise<void> {
    const store = await this.#store.existing();
    await store?.delete((record) => record.refDocId === refDocId);
    await this.#autosave();
  }

  /**
   * Answers in the modes `default` and `mmr`, where `mmrThreshold` is the weight of relevance, 0.5
   * unless given. Similarities are cosines in both. `docIds` are ids of source documents or of
   * nodes.
   *
   * @throws `INVALID_ARGUMENT` for the other modes, which need more than one vector for a node
   */
  async query(query: VectorStoreQuery<FaissQueryParams>): Promise<VectorStoreQueryResult> {
    const { queryEmbedding, similarityTopK: k, mode, customParams } = query;
    if (!queryEmbedding)
      throw invalid("A query needs a queryEmbedding, and none was given.", { queryEmbedding });
    const store = await this.client();
    const filter = nodeFilter(query);
    switch (mode) {
      case "default":
        return resultOf(
          await store.search(queryEmbedding, { k, filter, minScore: customParams?.minScore }),
        );
      case "mmr": {
        const lambda = customParams?.mmrThreshold ?? query.mmrThreshold;
        const options = { k, filter, lambda, fetchK: customParams?.fetchK };
        return resultOf(await store.maximalMarginalRelevance(queryEmbedding, options));
      }
      default:
        throw invalid(
          `FaissVectorStore answers queries of mode "default" and "mmr"; "${mode}" was given.`,
          { mode },
        );
    }
  }

  /**
   * Saves to a storage context's folder, atomically.
   *
   * @throws `STORE_CHANGED` if another writer has saved there since this store was opened; in
   * the store's own `persistDir` also since it was started there
   */
  async persist(
    persistDir: string = this.#persistDir ?? DEFAULT_PERSIST_DIR,
    options?: SaveOptions,
  ): Promise<void> {
    const store = (await this.#store.existing()) ?? (await this.client());
    const isOwn =
      this.#persistDir !== undefined && resolve(persistDir) === resolve(this.#persistDir);
    await store.save(join(persistDir, folderName), {
      ...(isOwn && { overwrite: false }),
      ...options,
    });
  }

  async #autosave(): Promise<void> {
    // There is nothing to save before the dimension is known.
    const store = await this.#store.existing();
    if (this.#persistDir && store?.dimension !== undefined) await this.persist();
  }
}

/** Beside `doc_store.json` and `index_store.json`. */
const folderName = "faiss_vector_store";

function checkNodes(nodes: unknown): void {
  if (Array.isArray(nodes)) return;
  const given =
    nodes instanceof Promise
      ? "a promise was given, so an `await` is missing"
      : `${typeof nodes} was given`;
  throw invalid(`add takes an array of nodes; ${given}.`, { nodes });
}

function vectorOf({ id_, embedding }: BaseNode): number[] {
  if (embedding) return embedding;
  throw invalid(
    `Node "${id_}" has no embedding. Embed nodes before they are added: ` +
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

function invalid(message: string, details: Record<string, unknown>): FaissStoreError {
  return new FaissStoreError("INVALID_ARGUMENT", message, details);
}
