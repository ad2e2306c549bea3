import {
  type ChangeOptions,
  FaissStore as CoreStore,
  checkItems,
  type FaissStoreFilter,
  type FaissStoreHit,
  type FaissStoreItem,
  LazyFaissStore,
  type LazyFaissStoreOptions,
  type SaveOptions,
} from "@embeddinggemma/faiss";
import {
  ChangeQueue,
  createWith,
  defined,
  SharedPromise,
  untilAborted,
} from "@embeddinggemma/internal";
import { searchKnownKeys } from "@embeddinggemma/internal/filters";
import type { Callbacks } from "@langchain/core/callbacks/manager";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import {
  SaveableVectorStore,
  type VectorStoreRetriever,
  type VectorStoreRetrieverInput,
} from "@langchain/core/vectorstores";
import {
  addRules,
  checkAddOptions,
  checkArray,
  checkEmbeddings,
  checkIds,
  checkLengths,
  checkOtherStore,
  checkStore,
  checkVector,
} from "./check-arguments.ts";
import { storeChecker } from "./check-options.ts";
import { deletionOf, type FaissDeleteOptions } from "./delete-documents.ts";
import { describable } from "./describable.ts";
import type { DocumentFilter } from "./document-filter.ts";
import {
  checkRecords,
  type DocumentRecord,
  documentOf,
  itemsOf,
  metadataOf,
} from "./document-record.ts";
import { type EmbedDocumentsOptions, embedDocuments, embedQuery } from "./embed-documents.ts";
import { explainOption } from "./embeddings-option.ts";
import { documentsOf, withoutSelectorOptions } from "./from-texts.ts";
import { type FaissStoreImportOptions, importStore } from "./import-store.ts";
import { type FaissStoreLoadOptions, loadStore } from "./load-store.ts";
import { mergeStores } from "./merge-stores.ts";
import { refuseOptions } from "./options-as-filter.ts";
import {
  type FaissRetrieverFields,
  FaissStoreRetriever,
  type RetrieverArguments,
  retrieverFields,
} from "./retriever.ts";
import {
  diverseOptions,
  type FaissDiverseSearchOptions,
  type FaissSearchOptions,
  similarityOptions,
} from "./search-options.ts";
import { typeAdvice } from "./type-advice.ts";

/**
 * Options of a new {@link FaissStore}: the options of the FAISS index, which is created with the
 * first documents, or an existing `store` of `@embeddinggemma/faiss`.
 */
export type FaissStoreParams = LazyFaissStoreOptions<DocumentRecord>;

/**
 * Options of {@link FaissStore.addDocuments}. With `saveTo`, the change and its save are one step:
 * if the save fails, such as with `STORE_CHANGED`, the store and the folder stay as they were.
 */
export interface FaissAddOptions extends EmbedDocumentsOptions, ChangeOptions {
  /** One id for each document. @default the documents' own ids, and random UUIDs */
  ids?: string[] | undefined;
}

/** Options of {@link FaissStore.fromTexts} and {@link FaissStore.fromDocuments}. */
export type FaissStoreFromParams = FaissStoreParams & Omit<FaissAddOptions, keyof ChangeOptions>;

/**
 * A local FAISS vector store for LangChain. It has filters, deletion, upserts, maximal marginal
 * relevance, and saves without loss. Vectors have unit length and are compared by inner product, so
 * scores are cosines: higher is better.
 *
 * You can start a call before earlier ones have finished: documents are embedded side by side, but
 * changes and saves take effect in the order of the calls.
 *
 * With {@link EmbeddingGemmaEmbeddings}, titles of documents are embedded as titles, and a saved
 * store remembers which model made its vectors. Errors are `FaissStoreError` of
 * `@embeddinggemma/faiss`, or come from the embeddings.
 *
 * @example
 * const store = await FaissStore.fromDocuments(documents, embeddings, { searchDimension: 128 });
 * const [[document, score]] = await store.similaritySearchWithScore("Which planet is red?", 1);
 */
export class FaissStore extends SaveableVectorStore {
  declare FilterType: DocumentFilter;
  #store: LazyFaissStore<DocumentRecord>;
  readonly #changes = new ChangeQueue();
  /** What the process was warned of about filters. */
  readonly #warned = new Set<string>();
  readonly #opened = new SharedPromise(async () => {
    const store = await this.#store.get();
    checkRecords(store);
    return store;
  });

  /**
   * Creates an empty store, or a store on `params.store`.
   *
   * @throws `INVALID_ARGUMENT`
   * @example
   * const store = new FaissStore(embeddings, { preset: "balanced" });
   */
  constructor(embeddings: EmbeddingsInterface, params: FaissStoreParams = {}) {
    checkEmbeddings(embeddings);
    const lazyStore = lazyStoreOf(embeddings, params);
    const { store, ...options } = params;
    super(embeddings, options);
    this.#store = lazyStore;
  }

  override _vectorstoreType(): string {
    return "faiss";
  }

  /**
   * Makes a retriever. It passes the `signal` of a run on to the search.
   *
   * @param kOrFields - how many documents to find (4 by default), or all options
   * @throws `INVALID_ARGUMENT`
   * @example
   * const retriever = store.asRetriever({ k: 3, searchKwargs: { minScore: 0.4 } });
   * const documents = await retriever.invoke("Which planet is red?", { signal });
   */
  override asRetriever(
    kOrFields?: number | FaissRetrieverFields,
    ...others: RetrieverArguments
  ): VectorStoreRetriever<this>;
  // LangChain's own signature: its type of the fields is not assignable to the one above.
  override asRetriever(
    kOrFields?: number | Partial<VectorStoreRetrieverInput<this>>,
    ...others: RetrieverArguments
  ): VectorStoreRetriever<this>;
  override asRetriever(
    kOrFields?: number | FaissRetrieverFields | Partial<VectorStoreRetrieverInput<this>>,
    ...others: RetrieverArguments
  ): VectorStoreRetriever<this> {
    const fields = retrieverFields(kOrFields as number | FaissRetrieverFields, others);
    const tags = [...(fields.tags ?? []), this._vectorstoreType()];
    return new FaissStoreRetriever(this, { ...fields, tags });
  }

  /**
   * The store of `@embeddinggemma/faiss` behind this one. Use it for what LangChain does not offer.
   *
   * @throws `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH` if the given `store` has vectors of other
   * embeddings; `INVALID_RECORD` if it has records that are no documents
   */
  client(): Promise<CoreStore<DocumentRecord>> {
    return this.#opened.get();
  }

  /**
   * Embeds documents and stores them. A document replaces the one with the same id. Each id may
   * occur once in a call. Metadata that cannot be stored, such as NaN or an object of a class, are
   * reported before anything is embedded; a `Date` stays a `Date`.
   *
   * @param options - `ids`, one for each document; by default the documents' own ids, and a random
   * UUID for a document without one. `signal` and `onProgress` hold for the embedding; after an
   * abort, nothing has been added. With `saveTo`, a folder, the change is saved there, with the
   * options `overwrite` and `lockTimeout` of {@link FaissStore.save}; if the save fails, nothing
   * has been added. Here, `overwrite` is false by default: a new store replaces no other one
   * (`STORE_CHANGED`). A new store without documents writes nothing.
   * @returns the ids, in the order of the documents
   * @throws `INVALID_ARGUMENT`, `INVALID_RECORD`, `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH`; with
   * `saveTo` also `STORE_CHANGED`, `STORE_LOCKED`, `SAVE_FAILED`
   * @example
   * const mars = new Document({ id: "mars", pageContent: "Mars is red." });
   * await store.addDocuments([mars], { saveTo: "planets" });
   */
  override async addDocuments(
    documents: DocumentInterface[],
    options: FaissAddOptions = {},
  ): Promise<string[]> {
    const change = checkAddOptions(options);
    const items = itemsOf(documents, options);
    const { signal } = options;
    signal?.throwIfAborted();
    if (items.length === 0 && change.saveTo === undefined) return [];
    const embed = async () => {
      // Both report mistakes before the documents are embedded.
      const own = await checkItems(items);
      await untilAborted(signal, () => this.client());
      const records = own.map(({ record }) => record);
      const vectors = await embedDocuments(this.embeddings, records, options);
      signal?.throwIfAborted();
      return own.map((item, row) => ({ ...item, vector: vectors[row]! }));
    };
    return this.#upsert(embed, change, signal);
  }

  /**
   * Stores documents with the given vectors. See {@link FaissStore.addDocuments}. Do not change the
   * vectors until the promise settles.
   */
  override async addVectors(
    vectors: number[][],
    documents: DocumentInterface[],
    options: Omit<FaissAddOptions, "onProgress"> = {},
  ): Promise<string[]> {
    checkArray("vectors", vectors);
    const change = checkAddOptions(options);
    const items = itemsOf(documents, options);
    checkLengths({ vectors, documents });
    const { signal } = options;
    signal?.throwIfAborted();
    const check = async () => {
      const own = await checkItems(items);
      return own.map((item, row) => ({ ...item, vector: vectors[row]! }));
    };
    return this.#upsert(check, change, signal);
  }

  /**
   * Deletes documents by id or by filter. Unknown ids are ignored. The filter `{}` is refused; use
   * `() => true` to delete all documents. So is a filter with a key that no document has, or with a
   * value of a type that no document has under the key, if it therefore matches none or, as with
   * `$ne`, all. A function must return true or false.
   *
   * @param which - `ids` or `filter`. With `saveTo`, a folder, the deletion is saved there; if the
   * save fails, nothing was deleted. A new store without documents writes nothing.
   * @throws `INVALID_ARGUMENT`; with `saveTo` also `STORE_CHANGED`, `STORE_LOCKED`, `SAVE_FAILED`
   * @example
   * await store.delete({ ids: ["mars"] });
   * await store.delete({ filter: { lang: "en" }, saveTo: "planets" });
   */
  override async delete(which: FaissDeleteOptions = {}): Promise<void> {
    const remove = deletionOf(which);
    await this.#changes.run(async () => remove(await this.#store.existing()));
  }

  /**
   * Finds the documents that are most similar to a query.
   *
   * @param k - maximum number of documents, 4 by default
   * @param options - `minScore`, the least cosine of a document, and `signal`. LangChain passes
   * callbacks here, which have no effect.
   * @throws `INVALID_ARGUMENT`, before anything is embedded
   * @example
   * const documents = await store.similaritySearch("red", 4, { lang: "en" }, { minScore: 0.3 });
   */
  override async similaritySearch(
    query: string,
    k?: number,
    filter?: DocumentFilter,
    options?: FaissSearchOptions | Callbacks,
  ): Promise<Document[]> {
    const found = await this.similaritySearchWithScore(query, k, filter, options);
    return found.map(([document]) => document);
  }

  /** As {@link FaissStore.similaritySearch}, with the cosines of the documents. */
  override async similaritySearchWithScore(
    query: string,
    k = 4,
    filter?: DocumentFilter,
    options?: FaissSearchOptions | Callbacks,
  ): Promise<[Document, number][]> {
    const { signal, minScore } = similarityOptions(k, filter, options);
    const vector = await this.#embedQuery(query, signal);
    return this.similaritySearchVectorWithScore(vector, k, filter, { minScore, signal });
  }

  /**
   * Searches by a vector. This does not load the model, so it does not check that the store has
   * vectors of these embeddings. Every call that embeds or adds something checks it.
   *
   * @returns documents with their cosine (-1 to 1), best first; `k` of them if that many pass the
   * filter
   */
  override async similaritySearchVectorWithScore(
    query: number[],
    k = 4,
    filter?: DocumentFilter,
    options?: FaissSearchOptions,
  ): Promise<[Document, number][]> {
    const { signal, ...search } = similarityOptions(k, filter, options);
    checkVector(query);
    return untilAborted(signal, () =>
      this.#searchWatched(
        filter,
        search,
        // In an array, since an empty array would be no queries.
        async (store, watched) => (await store?.search([query], watched))?.[0],
        (missing) => refuseOptions(filter, missing),
      ),
    );
  }

  /**
   * Finds documents that are relevant to the query and different from each other.
   *
   * @param options - `k` documents (default 4) are chosen from the best `fetchK` (default 20, or
   * `k` if that is more). `lambda` goes from 0 (most different) to 1 (most relevant), default 0.5.
   * `filter` is a {@link DocumentFilter}; `minScore` and `signal` as in
   * {@link FaissStore.similaritySearch}.
   * @param _callbacks - without effect, as in LangChain's own stores
   */
  override async maxMarginalRelevanceSearch(
    query: string,
    options: FaissDiverseSearchOptions,
    _callbacks?: Callbacks,
  ): Promise<Document[]> {
    const found = await this.maxMarginalRelevanceSearchWithScore(query, options);
    return found.map(([document]) => document);
  }

  /** As {@link FaissStore.maxMarginalRelevanceSearch}, with the cosines to the query. */
  async maxMarginalRelevanceSearchWithScore(
    query: string,
    options?: FaissDiverseSearchOptions,
  ): Promise<[Document, number][]> {
    const { signal } = diverseOptions(options);
    const vector = await this.#embedQuery(query, signal);
    return this.maxMarginalRelevanceSearchVectorWithScore(vector, options);
  }

  /** As {@link FaissStore.maxMarginalRelevanceSearchWithScore}, for a vector. */
  async maxMarginalRelevanceSearchVectorWithScore(
    query: number[],
    options?: FaissDiverseSearchOptions,
  ): Promise<[Document, number][]> {
    const { signal, ...search } = diverseOptions(options);
    checkVector(query);
    return untilAborted(signal, () =>
      this.#searchWatched(options?.filter, search, async (store, watched) =>
        store?.maximalMarginalRelevance(query, watched),
      ),
    );
  }

  /**
   * The documents with these ids, in the order of the ids. Ids that the store does not have are
   * left out. The model is not loaded.
   *
   * @example
   * const [mars] = await store.getByIds(["mars"]);
   */
  async getByIds(ids: readonly string[]): Promise<Document[]> {
    checkIds(ids);
    const store = await this.#store.existing();
    return ids.flatMap((id) => {
      const entry = store?.get(id);
      return entry ? [documentOf(entry)] : [];
    });
  }

  /**
   * Adds the documents of another store with their vectors; nothing is embedded. If this throws,
   * nothing has changed.
   *
   * @returns the ids of the added documents
   * @throws `INVALID_ARGUMENT` if both stores have a document with the same id;
   * `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH` if other embeddings made the vectors
   * @example
   * await store.mergeFrom(await FaissStore.load("more-planets", embeddings));
   */
  async mergeFrom(other: FaissStore): Promise<string[]> {
    checkOtherStore(other);
    // A store of another copy of this package has no such field here.
    const settled = #changes in other ? other.#changes.settled : undefined;
    return this.#changes.runPrepared(
      async () => settled,
      async () => mergeStores(await this.client(), await other.client()),
    );
  }

  /** Saves to a folder, atomically. */
  async save(directory: string | URL, options?: SaveOptions): Promise<void> {
    await this.#changes.run(async () => {
      const store = (await this.#store.existing()) ?? (await this.client());
      await store.save(directory, options);
    });
  }

  /** Whether a folder contains a saved store, even a damaged one. */
  static exists(directory: string | URL): Promise<boolean> {
    return CoreStore.exists(directory);
  }

  /**
   * Opens a store that {@link FaissStore.save} wrote.
   *
   * @param options - pass `allowMismatch: true` if the embeddings have no method `identity()`, or
   * another identity than the store, but you are sure that they made its vectors. With
   * `reembed: true`, the documents are embedded again if other embeddings made the vectors.
   * @throws `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH` if other embeddings made the vectors;
   * `NOT_A_STORE` for a folder without a store; `INVALID_RECORD` for a store of other records than
   * documents, such as one of LlamaIndex
   * @example
   * const store = await FaissStore.load("planets", new EmbeddingGemmaEmbeddings());
   */
  static override async load(
    directory: string | URL,
    embeddings: EmbeddingsInterface,
    options: FaissStoreLoadOptions = {},
  ): Promise<FaissStore> {
    const store = await loadStore(directory, embeddings, options);
    return FaissStore.#fromCheckedStore(new this(embeddings), store);
  }

  /**
   * Imports a store that LangChain for Python saved with `FAISS.save_local`. It keeps the ids and
   * executes nothing in the files. A few of the texts are embedded, to check that the embeddings
   * made the vectors. The process warns if embeddings without a method `identity()` have not.
   *
   * @param embeddings - the same model and prompts that made the vectors in Python
   * @param options - with `reembed: true`, the texts are embedded again. With `identity`, the store
   * takes that identity, and nothing is checked. `toRecord` decides about metadata that have no
   * known form in JSON, such as an Enum of your own.
   * @throws `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH` if other embeddings made the vectors;
   * `INVALID_RECORD` for metadata that nobody decides about; `UNSAFE_FILE` for a pickle file that
   * asks for code to be run
   * @example
   * const embeddings = new EmbeddingGemmaEmbeddings();
   * const store = await FaissStore.loadFromPython("faiss_index", embeddings);
   * await store.save("planets"); // from now on: FaissStore.load("planets", embeddings)
   */
  static async loadFromPython(
    directory: string | URL,
    embeddings: EmbeddingsInterface,
    options?: FaissStoreImportOptions,
  ): Promise<FaissStore> {
    const store = await importStore(directory, embeddings, "langchain-python", options);
    return FaissStore.#fromCheckedStore(new this(embeddings), store);
  }

  /**
   * Imports a store that the `FaissStore` of `@langchain/community` saved. It keeps the ids. Scores
   * are cosines instead of L2 distances. The vectors are checked as by
   * {@link FaissStore.loadFromPython}.
   *
   * @param embeddings - the same model and prompts that made the vectors
   * @throws `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH` if other embeddings made the vectors
   * @example
   * const store = await FaissStore.loadFromCommunity("old-store", embeddings);
   * await store.save("planets");
   */
  static async loadFromCommunity(
    directory: string | URL,
    embeddings: EmbeddingsInterface,
    options?: Omit<FaissStoreImportOptions, "indexName">,
  ): Promise<FaissStore> {
    const store = await importStore(directory, embeddings, "langchain-js", options);
    return FaissStore.#fromCheckedStore(new this(embeddings), store);
  }

  /**
   * Embeds texts and stores them in a new store.
   *
   * @param metadatas - one object for each text, or one object for all; `[]` or `{}` for none
   * @param params - options of the store, `ids`, one for each text, and `signal` and `onProgress`
   * of the embedding
   * @example
   * const texts = ["Mars is red.", "Venus is hot."];
   * const metadatas = [{ title: "Mars" }, { title: "Venus" }];
   * const store = await FaissStore.fromTexts(texts, metadatas, new EmbeddingGemmaEmbeddings());
   */
  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    params?: FaissStoreFromParams,
  ): Promise<FaissStore> {
    const documents = documentsOf(texts, metadatas);
    // biome-ignore lint/complexity/noThisInStatic: a subclass makes a store of its own class
    return this.fromDocuments(documents, embeddings, withoutSelectorOptions(params));
  }

  /**
   * Embeds documents and stores them in a new store.
   *
   * @param params - options of the store, `ids`, one for each document (by default the documents'
   * own), and `signal` and `onProgress` of the embedding
   * @example
   * const documents = [new Document({ id: "mars", pageContent: "Mars is red." })];
   * const store = await FaissStore.fromDocuments(documents, new EmbeddingGemmaEmbeddings());
   */
  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    params: FaissStoreFromParams = {},
  ): Promise<FaissStore> {
    const store = createWith(storeChecker, addRules, params, (others) => {
      return new this(embeddings, others);
    });
    const { ids, signal, onProgress } = params;
    await store.addDocuments(documents, defined({ ids, signal, onProgress }));
    return store;
  }

  /**
   * Uses an existing store of `@embeddinggemma/faiss`. The same as
   * `new FaissStore(embeddings, { store })`.
   *
   * @example
   * import { FaissStore as CoreStore } from "@embeddinggemma/faiss";
   *
   * const index = await CoreStore.open("planets");
   * const store = await FaissStore.fromExistingIndex(embeddings, { store: index });
   */
  static async fromExistingIndex(
    embeddings: EmbeddingsInterface,
    params: FaissStoreParams & { store: CoreStore<DocumentRecord> },
  ): Promise<FaissStore> {
    checkStore(params?.store);
    return new this(embeddings, params);
  }

  /**
   * @param result - a new store, of a subclass perhaps
   * @param store - the store to use. The embeddings are not checked again: `open` and `import` have
   * done it, unless options forbid it.
   */
  static #fromCheckedStore(result: FaissStore, store: CoreStore<DocumentRecord>): FaissStore {
    checkRecords(store);
    result.#store = new LazyFaissStore({}, { store, allowMismatch: true });
    return result;
  }

  /** Searches, and warns of filters that say nothing about these documents. */
  async #searchWatched<S extends { filter?: FaissStoreFilter<DocumentRecord> | undefined }>(
    filter: DocumentFilter | undefined,
    search: S,
    run: (store: CoreStore<DocumentRecord> | undefined, search: S) => Promise<Hits | undefined>,
    refuse?: (missing: readonly string[]) => void,
  ): Promise<[Document, number][]> {
    const hits = await searchKnownKeys(this.#warned, {
      filter,
      matches: search.filter,
      metadataOf,
      search: async (matches) => run(await this.#store.existing(), { ...search, filter: matches }),
      records: () => this.#store.existing(),
      advice: typeAdvice,
      ...(refuse && { refuse }),
    });
    return (hits ?? []).map(scored);
  }

  /** Embeds a query, after a check that the store has vectors of these embeddings. */
  #embedQuery(query: string, signal: AbortSignal | undefined): Promise<number[]> {
    return untilAborted(signal, async () => {
      await this.client();
      return embedQuery(this.embeddings, query, signal) as Promise<number[]>;
    });
  }

  #upsert(
    prepare: () => Promise<FaissStoreItem<DocumentRecord>[]>,
    change: ChangeOptions,
    signal: AbortSignal | undefined,
  ): Promise<string[]> {
    return this.#changes.runPrepared(
      prepare,
      async (items) => {
        if (items.length === 0 && !(await this.#store.existing())) return [];
        return (await this.client()).upsert(items, change);
      },
      signal,
    );
  }
}

function lazyStoreOf(embeddings: EmbeddingsInterface, params: FaissStoreParams) {
  try {
    return new LazyFaissStore<DocumentRecord>(describable(embeddings), params);
  } catch (error) {
    throw explainOption(error, params);
  }
}

type Hits = FaissStoreHit<DocumentRecord>[];

function scored(hit: FaissStoreHit<DocumentRecord>): [Document, number] {
  return [documentOf(hit), hit.score];
}
