import type { DocumentInput, Embedder } from "@embeddinggemma/core";
import type { checkRecord, FaissStoreItem } from "@embeddinggemma/faiss";
import {
  checkArray,
  checkDocuments,
  checkEmbedder,
  checkIndexingOptions,
  checkIndexOptions,
  checkSearch,
  checkTexts,
} from "./check-documents.ts";
import { DocumentIndexError } from "./document-index-error.ts";
import type { DocumentIndexOptions, IndexingOptions } from "./document-index-options.ts";
import { type ForeignOwner, whyReadOnly } from "./foreign-documents.ts";
import type { IndexedDocument } from "./indexed-document.ts";
import { type DocumentRecord, type DocumentStore, OpenStore } from "./open-store.ts";
import { PendingDocuments } from "./pending-documents.ts";
import { refuseFile } from "./refuse-file.ts";
import {
  checkFilter,
  type DocumentHit,
  type DocumentSearchOptions,
  searchDocuments,
} from "./search-documents.ts";

/**
 * Documents in a folder, as txtai's API manages them: `add` collects documents, `index` makes them
 * the whole index, and `upsert` adds them to it. What these return from is saved. What other
 * programs save to the folder is found within a second.
 *
 * @example
 * const index = await DocumentIndex.open("documents", embedder);
 * index.add([{ text: "Mars is the Red Planet." }]);
 * await index.upsert();
 * const hits = await index.search(["Which planet is red?"], 3);
 */
export class DocumentIndex {
  readonly #embedder: Embedder;
  readonly #store: OpenStore;
  readonly #pending: PendingDocuments;
  readonly #copyOf: typeof checkRecord;
  /** Of which filters the process was warned. */
  readonly #warned = new Set<string>();
  #isClosed = false;
  /** Changes run one after another. */
  #changing: Promise<unknown> = Promise.resolve();

  private constructor(
    embedder: Embedder,
    store: OpenStore,
    pending: PendingDocuments,
    copyOf: typeof checkRecord,
  ) {
    this.#embedder = embedder;
    this.#store = store;
    this.#pending = pending;
    this.#copyOf = copyOf;
  }

  /**
   * Opens the store in a folder, or begins a new one.
   *
   * @throws EmbeddingGemmaError `INVALID_ARGUMENT` if `folder` is a file; FaissStoreError
   * `IDENTITY_MISMATCH` if the store has vectors of another model, and the other errors of
   * `FaissStore.open`
   */
  static async open(
    folder: string,
    embedder: Embedder,
    options: DocumentIndexOptions = {},
  ): Promise<DocumentIndex> {
    checkEmbedder(embedder);
    checkIndexOptions(options);
    await refuseFile(folder);
    const store = await OpenStore.of(folder, embedder, options);
    // Not imported by applications that have no store: FAISS needs Node.
    const { checkRecord } = await import("@embeddinggemma/faiss");
    return new DocumentIndex(embedder, store, await PendingDocuments.with(options), checkRecord);
  }

  get folder(): string {
    return this.#store.folder;
  }

  /** Whether changes are refused: by `readOnly`, or because the documents are foreign ones. */
  get isReadOnly(): boolean {
    return this.#store.isReadOnly;
  }

  /**
   * Who has made the documents in the folder, if that is not a `DocumentIndex`. They are searched,
   * but not changed.
   */
  get foreignOwner(): ForeignOwner | undefined {
    return this.#store.foreignOwner;
  }

  /** Number of documents. */
  get size(): number {
    return this.#store.current.size;
  }

  /** Number of documents that wait for `index` or `upsert`. They are only in memory. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * Collects documents for the next {@link DocumentIndex.index} or {@link DocumentIndex.upsert}.
   *
   * @throws DocumentIndexError `READ_ONLY`, `TOO_MANY_PENDING`, `CLOSED`; EmbeddingGemmaError
   * `INVALID_ARGUMENT` for what is no document; FaissStoreError `INVALID_RECORD` for what cannot be
   * saved. Nothing is collected then.
   */
  add<D extends Pick<IndexedDocument, "id" | "text" | "title">>(documents: readonly D[]): void {
    this.#checkWritable("add documents to");
    this.#pending.add(checkDocuments(documents, this.#copyOf));
  }

  /**
   * Makes the collected documents the whole index, and saves it. Without collected documents, this
   * does nothing. If another program has saved documents, the first call after that replaces
   * nothing, but opens the store again and throws `OTHER_WRITER`. The next call replaces them.
   * Documents that the index has under the same id with the same text and title are not embedded.
   *
   * @throws DocumentIndexError `READ_ONLY`, `OTHER_WRITER`, `STORE_REMOVED`, `STORE_REPLACED`; the
   * errors of the embedder and of `FaissStore.save`. The collected documents are kept then.
   */
  index(options: IndexingOptions = {}): Promise<void> {
    this.#checkWritable("index");
    return this.#change(this.#store.keepsPrecision, options, async (documents) => {
      const store = await this.#store.replacement();
      try {
        await store.upsert(itemsFor(store, documents));
        await this.#store.replace(store);
      } catch (error) {
        await store.close();
        throw error;
      }
    });
  }

  /**
   * Adds the collected documents to the index, or replaces those with the same ids, and saves it.
   * Only what is new or has another text or title is embedded. Documents that another program has
   * saved meanwhile are kept.
   *
   * @throws as {@link DocumentIndex.index}
   */
  upsert(options: IndexingOptions = {}): Promise<void> {
    this.#checkWritable("upsert");
    return this.#change(true, options, async (documents) => {
      await this.#store.change((store, saving) => store.upsert(itemsFor(store, documents), saving));
    });
  }

  /**
   * Deletes documents, and saves the index.
   *
   * @returns those ids that the index had
   * @throws DocumentIndexError `READ_ONLY`, `OTHER_WRITER`, `STORE_REMOVED`, `STORE_REPLACED`; the
   * errors of `FaissStore.save`. Nothing is deleted then.
   */
  delete<Id extends string | number>(ids: readonly Id[]): Promise<Id[]> {
    this.#checkWritable("delete from");
    checkArray("ids", ids);
    return this.#afterChanges(() =>
      this.#store.change(async (store, saving) => {
        const known = distinct(ids).filter((id) => store.has(String(id)));
        if (known.length === 0 && !(await this.#store.isSaved())) return known;
        // Even without known ids: it fails if another program, which may know them, has saved.
        await store.delete(known.map(String), saving);
        return known;
      }),
    );
  }

  /**
   * Opens the store again if another program has saved it. {@link DocumentIndex.search} does so,
   * too.
   */
  refresh(): Promise<void> {
    return this.#store.refresh();
  }

  /**
   * Finds the documents that fit queries best.
   *
   * @returns for each query the hits that pass the filter, best first. Their scores are cosines,
   * all above 0. The process warns of a filter that no document can match, such as one with a
   * misspelt key.
   * @throws DocumentIndexError `CLOSED`; EmbeddingGemmaError `INVALID_ARGUMENT`; the errors of the
   * embedder
   */
  async search(
    queries: readonly string[],
    limit: number,
    { filter, ...options }: DocumentSearchOptions = {},
  ): Promise<DocumentHit[][]> {
    this.#checkOpen();
    checkTexts("queries", queries);
    checkSearch(limit, { filter, ...options });
    const checked = checkFilter(filter);
    await this.refresh();
    if (this.size === 0) return queries.map(() => []);
    const vectors = await this.#embedder.encodeQuery(queries, options);
    // Meanwhile, `index` may have closed the store that was there before.
    const store = this.#store.current;
    return searchDocuments(store, vectors, limit, checked, this.#warned);
  }

  /** Waits for running changes, then closes the store. Documents that wait are dropped. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#afterChanges(() => this.#store.close());
  }

  /** Runs a change on the collected documents. They are kept if it fails. */
  #change(
    reuses: boolean,
    options: IndexingOptions,
    run: (documents: readonly EmbeddedDocument[]) => Promise<void>,
  ): Promise<void> {
    checkIndexingOptions(options);
    return this.#afterChanges(async () => {
      const documents = this.#pending.take();
      if (documents.length === 0) return;
      try {
        await run(await this.#embed(documents, reuses, options));
      } catch (error) {
        this.#pending.putBack(documents);
        throw error;
      }
    });
  }

  #afterChanges<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#changing.then(change);
    this.#changing = changed.catch(() => {});
    return changed;
  }

  /** @param reuses - whether to take vectors that the index has */
  async #embed(
    documents: readonly IndexedDocument[],
    reuses: boolean,
    { onEmbed, onTruncate }: IndexingOptions,
  ): Promise<EmbeddedDocument[]> {
    const distinct = lastOfEachId(documents);
    const known = new Map(
      reuses ? distinct.map((document) => [document, this.#storedVector(document)]) : [],
    );
    const fresh = distinct.filter((document) => known.get(document) === undefined);
    const texts = fresh.map(({ text }) => text);
    const vectors =
      fresh.length === 0
        ? []
        : await this.#embedder.encodeDocument(fresh.map(documentInput), {
            ...(onEmbed && { onFinish: (statistics) => onEmbed(texts, statistics) }),
            ...(onTruncate && { onTruncate: ({ index }) => onTruncate(fresh[index]!.id) }),
          });
    let next = 0;
    return distinct.map((document) => ({
      document,
      vector: known.get(document) ?? vectors[next++]!,
    }));
  }

  /** The vector of a document that the index has with the same text and title. */
  #storedVector({ id, text, title }: IndexedDocument): Float32Array | undefined {
    const stored = id == null ? undefined : this.#store.current.get(String(id));
    if (stored === undefined) return undefined;
    const isSame = stored.record.text === text && (stored.record.title ?? null) === (title ?? null);
    return isSame ? stored.vector : undefined;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new DocumentIndexError("CLOSED", "The index is closed.");
  }

  #checkWritable(action: string): void {
    this.#checkOpen();
    if (!this.isReadOnly) return;
    const { foreignOwner } = this;
    const reason = foreignOwner === undefined ? "" : ` ${whyReadOnly(foreignOwner)}`;
    throw new DocumentIndexError(
      "READ_ONLY",
      `Attempting to ${action} a read-only index.${reason}`,
    );
  }
}

interface EmbeddedDocument {
  readonly document: IndexedDocument;
  readonly vector: Float32Array;
}

/** The title goes into the prompt. */
function documentInput({ text, title }: IndexedDocument): DocumentInput {
  return typeof title === "string" ? { title, text } : text;
}

/** Of documents with the same id, the last one counts. */
function lastOfEachId(documents: readonly IndexedDocument[]): IndexedDocument[] {
  const byId = new Map<string | symbol, IndexedDocument>();
  for (const document of documents)
    byId.set(document.id == null ? Symbol() : String(document.id), document);
  return [...byId.values()];
}

/** The items of documents in a store, which has the numbers for those without an id. */
function itemsFor(
  store: DocumentStore,
  documents: readonly EmbeddedDocument[],
): FaissStoreItem<DocumentRecord>[] {
  let next = nextNumber([...store.ids(), ...documents.map(({ document }) => String(document.id))]);
  return documents.map(({ document, vector }) => {
    const id = document.id ?? next++;
    return { id: String(id), vector, record: { ...document, id } as DocumentRecord };
  });
}

/** One more than the largest id that is a whole number. */
function nextNumber(ids: readonly string[]): number {
  let next = 0;
  for (const id of ids) if (/^\d{1,15}$/.test(id)) next = Math.max(next, Number(id) + 1);
  return next;
}

/** Of ids of the same document, such as 1 and "1", the first one. */
function distinct<Id extends string | number>(ids: readonly Id[]): Id[] {
  const seen = new Set<string>();
  return ids.filter((id) => !seen.has(String(id)) && seen.add(String(id)));
}
