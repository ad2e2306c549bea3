import {
  FaissStore as CoreStore,
  describeEmbedding,
  type FaissStoreFilter,
  type FaissStoreHit,
  type ImportOptions,
  type JsonValue,
  LazyFaissStore,
  type LazyFaissStoreOptions,
  type OpenOptions,
  type SaveOptions,
  type Vector,
} from "@embeddinggemma/faiss";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import {
  type MaxMarginalRelevanceSearchOptions,
  SaveableVectorStore,
} from "@langchain/core/vectorstores";
import { checkArray, checkDeletion, checkEmbeddings, checkLengths } from "./check-arguments.ts";
import { type DocumentFilter, documentPredicate } from "./document-filter.ts";
import type { EmbeddingGemmaEmbeddings } from "./embeddings.ts";

/** A document as the index keeps it under its id. */
export interface DocumentRecord {
  pageContent: string;
  metadata: Record<string, JsonValue>;
}

/**
 * Options of a new {@link FaissStore}: those of the FAISS index, which is made with the first
 * documents.
 */
export type FaissStoreParams = LazyFaissStoreOptions<DocumentRecord>;

/**
 * Options of the index that takes over what another library has saved; see `ImportOptions` of
 * `@embeddinggemma/faiss`.
 */
export type FaissStoreImportOptions = Omit<
  ImportOptions<DocumentRecord>,
  "format" | "ids" | "toRecord"
>;

/**
 * A local FAISS vector store for LangChain: inner product on unit vectors, so that scores are
 * cosines and higher is better; filters, deletion, upserts, maximal marginal relevance, and saving
 * without loss.
 *
 * With {@link EmbeddingGemmaEmbeddings} titles of documents are embedded as titles, and the saved
 * store remembers which model made it. Errors are `FaissStoreError` of `@embeddinggemma/faiss`, and
 * those of the embeddings.
 *
 * @example
 * const store = await FaissStore.fromDocuments(documents, embeddings, { searchDimension: 128 });
 * const [[document, score]] = await store.similaritySearchWithScore("Which planet is red?", 1);
 */
export class FaissStore extends SaveableVectorStore {
  declare FilterType: DocumentFilter;
  #store: LazyFaissStore<DocumentRecord>;

  /**
   * An empty store, or one on `params.store`.
   *
   * @throws `INVALID_ARGUMENT`
   * @example
   * const store = new FaissStore(embeddings, { preset: "balanced" });
   */
  constructor(embeddings: EmbeddingsInterface, params: FaissStoreParams = {}) {
    checkEmbeddings(embeddings);
    const { store, ...options } = params;
    super(embeddings, options);
    this.#store = new LazyFaissStore(embeddings, params);
  }

  override _vectorstoreType(): string {
    return "faiss";
  }

  /**
   * The store of `@embeddinggemma/faiss` that this class uses, for what LangChain does not offer.
   *
   * @throws `IDENTITY_MISMATCH`, `DIMENSION_MISMATCH` if a store was given that does not fit the
   * embeddings
   */
  client(): Promise<CoreStore<DocumentRecord>> {
    return this.#store.get();
  }

  /**
   * Embeds documents and stores them. The id comes from `ids`, else from the document, else it is a
   * random UUID. A document replaces the one with the same id.
   *
   * @returns the ids, in the order of the documents
   */
  override async addDocuments(
    documents: DocumentInterface[],
    options: { ids?: string[] } = {},
  ): Promise<string[]> {
    checkArray("documents", documents);
    checkLengths({ documents, ids: options.ids });
    if (documents.length === 0) return [];
    await this.client(); // Errors in its options are found before the long work.
    const vectors = embedsTitles(this.embeddings)
      ? await this.embeddings.encodeTitledDocuments(documents)
      : await this.embeddings.embedDocuments(documents.map(({ pageContent }) => pageContent));
    return this.#upsert(vectors, documents, options.ids);
  }

  /** Stores documents with vectors that you have. See {@link FaissStore.addDocuments}. */
  override async addVectors(
    vectors: number[][],
    documents: DocumentInterface[],
    { ids }: { ids?: string[] } = {},
  ): Promise<string[]> {
    checkArray("vectors", vectors);
    checkArray("documents", documents);
    return this.#upsert(vectors, documents, ids);
  }

  /**
   * Deletes documents by id, or those that a filter chooses. Unknown ids are ignored.
   */
  override async delete(which: { ids?: string[]; filter?: DocumentFilter } = {}): Promise<void> {
    const { ids, filter } = checkDeletion(which);
    const store = await this.#store.existing();
    await store?.delete(ids ?? recordFilter(filter!));
  }

  override async similaritySearch(
    query: string,
    k?: number,
    filter?: DocumentFilter,
  ): Promise<Document[]> {
    await this.client(); // The query is embedded, so the store must be that of the embeddings.
    return super.similaritySearch(query, k, filter);
  }

  override async similaritySearchWithScore(
    query: string,
    k?: number,
    filter?: DocumentFilter,
  ): Promise<[Document, number][]> {
    await this.client();
    return super.similaritySearchWithScore(query, k, filter);
  }

  /**
   * Searches by a vector. This does not load the model, so it does not check that the store is that
   * of the embeddings: every call that embeds or adds does.
   *
   * @returns documents with their cosine, -1 to 1, best first; `k` of them whenever so many pass
   * the filter
   */
  override async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: DocumentFilter,
  ): Promise<[Document, number][]> {
    const options = { k, filter: filter && recordFilter(filter) };
    const store = await this.#store.existing();
    const hits = (await store?.search(query, options)) ?? [];
    return hits.map((hit) => [documentOf(hit), hit.score]);
  }

  /**
   * Documents that are relevant and different from each other.
   *
   * @param options - `k`; `fetchK`, among how many of the best to choose, default 20; `lambda` from
   * 0, the most different, to 1, the most relevant, default 0.5; `filter`
   */
  override async maxMarginalRelevanceSearch(
    query: string,
    { filter, ...options }: MaxMarginalRelevanceSearchOptions<DocumentFilter>,
  ): Promise<Document[]> {
    const store = await this.client();
    const hits = await store.maximalMarginalRelevance(await this.embeddings.embedQuery(query), {
      ...options,
      filter: filter && recordFilter(filter),
    });
    return hits.map(documentOf);
  }

  /** Saves to a folder, atomically. */
  async save(directory: string, options?: SaveOptions): Promise<void> {
    const store = (await this.#store.existing()) ?? (await this.client());
    await store.save(directory, options);
  }

  /** Whether a folder holds a saved store, for {@link FaissStore.load} to open. */
  static exists(directory: string): Promise<boolean> {
    return CoreStore.exists(directory);
  }

  /**
   * Opens what {@link FaissStore.save} wrote. A store of another model is refused.
   *
   * @example
   * const store = await FaissStore.load("planets", new EmbeddingGemmaEmbeddings());
   */
  static override async load(
    directory: string,
    embeddings: EmbeddingsInterface,
    options: OpenOptions = {},
  ): Promise<FaissStore> {
    checkEmbeddings(embeddings);
    const described = await describeEmbedding(embeddings);
    const store = await CoreStore.open<DocumentRecord>(directory, { ...described, ...options });
    return FaissStore.#on(embeddings, store);
  }

  /**
   * Imports what LangChain for Python saved with `FAISS.save_local`. Ids are kept. Nothing in the
   * files is executed.
   *
   * @param embeddings - of the model that made the vectors
   */
  static async loadFromPython(
    directory: string,
    embeddings: EmbeddingsInterface,
    options?: FaissStoreImportOptions,
  ): Promise<FaissStore> {
    return FaissStore.#import(directory, embeddings, { ...options, format: "langchain-python" });
  }

  /**
   * Imports what the `FaissStore` of LangChain.js's community package saved. Ids are kept, and
   * scores are cosines instead of L2 distances.
   *
   * @param embeddings - of the model that made the vectors
   */
  static async loadFromCommunity(
    directory: string,
    embeddings: EmbeddingsInterface,
    options?: Omit<FaissStoreImportOptions, "indexName">,
  ): Promise<FaissStore> {
    return FaissStore.#import(directory, embeddings, { ...options, format: "langchain-js" });
  }

  /** @param metadatas - one for each text, or one for all */
  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    params?: FaissStoreParams,
  ): Promise<FaissStore> {
    checkArray("texts", texts);
    if (Array.isArray(metadatas)) checkLengths({ texts, metadatas });
    const documents = texts.map((pageContent, row) => {
      const metadata = Array.isArray(metadatas) ? metadatas[row] : metadatas;
      return new Document({ pageContent, metadata });
    });
    return FaissStore.fromDocuments(documents, embeddings, params);
  }

  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    params?: FaissStoreParams,
  ): Promise<FaissStore> {
    const store = new FaissStore(embeddings, params);
    await store.addDocuments(documents);
    return store;
  }

  /** LangChain's name for `new FaissStore(embeddings, { store })`. */
  static async fromExistingIndex(
    embeddings: EmbeddingsInterface,
    params: FaissStoreParams & { store: CoreStore<DocumentRecord> },
  ): Promise<FaissStore> {
    return new FaissStore(embeddings, params);
  }

  static async #import(
    directory: string,
    embeddings: EmbeddingsInterface,
    options: ImportOptions<DocumentRecord>,
  ): Promise<FaissStore> {
    checkEmbeddings(embeddings);
    const described = await describeEmbedding(embeddings);
    const store = await CoreStore.import<DocumentRecord>(directory, { ...described, ...options });
    return FaissStore.#on(embeddings, store);
  }

  /** On a store that is known to fit the embeddings, or that the caller vouches for. */
  static #on(embeddings: EmbeddingsInterface, store: CoreStore<DocumentRecord>): FaissStore {
    const result = new FaissStore(embeddings);
    result.#store = new LazyFaissStore({}, { store });
    return result;
  }

  async #upsert(
    vectors: readonly Vector[],
    documents: readonly DocumentInterface[],
    ids: readonly string[] | undefined,
  ): Promise<string[]> {
    checkLengths({ vectors, documents, ids });
    const store = await this.client();
    return store.upsert(
      documents.map(({ id, pageContent, metadata }, row) => ({
        id: ids?.[row] ?? id,
        vector: vectors[row]!,
        record: { pageContent, metadata },
      })),
    );
  }
}

/** Structural, since two copies of this package may be installed. */
function embedsTitles(embeddings: EmbeddingsInterface): embeddings is EmbeddingGemmaEmbeddings {
  return "encodeTitledDocuments" in embeddings;
}

function documentOf({
  id,
  record: { pageContent, metadata },
}: Omit<FaissStoreHit<DocumentRecord>, "score">): Document {
  return new Document({ id, pageContent, metadata });
}

function recordFilter(filter: DocumentFilter): FaissStoreFilter<DocumentRecord> {
  const predicate = documentPredicate(filter);
  return (record, id) => predicate(documentOf({ id, record }));
}
