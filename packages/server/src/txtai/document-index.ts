import type { DocumentInput, Embedder } from "@embeddinggemma/core";
import type { FaissStore, FaissStoreOptions, RecordValue } from "@embeddinggemma/faiss";
import { DocumentIndexError } from "./document-index-error.ts";
import { refuseFile } from "./refuse-file.ts";
import { SavedState } from "./saved-state.ts";

/** A document as clients send it. All its fields are stored; `text` is embedded. */
export interface IndexedDocument {
  /** @default the next whole number */
  readonly id?: string | number | undefined;
  readonly text: string;
  /** Fills the place for a title in the document prompt. */
  readonly title?: string | null | undefined;
  readonly [field: string]: RecordValue | undefined;
}

/** A document that was found. */
export interface DocumentHit {
  /** As it was given. */
  readonly id: string | number;
  readonly score: number;
  readonly text: string;
}

/** Options of {@link DocumentIndex.open}. */
export interface DocumentIndexOptions {
  /**
   * Refuse all changes. Those that another program saves are seen, within a second.
   *
   * @default false
   */
  readOnly?: boolean | undefined;
  /**
   * Called when another program has saved a read-only store, which was opened again.
   *
   * @param failure - why it could not be opened; the documents are those from before then
   */
  onReopen?: ((failure?: unknown) => void) | undefined;
  /** Options of the store, if the folder has none yet. */
  store?: Omit<FaissStoreOptions, "dimension" | "identity"> | undefined;
  /**
   * How many documents can wait for `index` or `upsert`.
   *
   * @default 1_000_000
   */
  maxPending?: number | undefined;
}

type DocumentRecord = Record<string, RecordValue>;

/** The folder of an index, and how its stores are made. */
interface Source {
  readonly create: () => Promise<FaissStore<DocumentRecord>>;
  readonly open: () => Promise<FaissStore<DocumentRecord>>;
  readonly saved: SavedState;
}

/**
 * Documents in a folder, as txtai's API manages them: `add` collects documents, `index` makes them
 * the whole index, and `upsert` adds them to it. What these return from is saved.
 *
 * @example
 * const index = await DocumentIndex.open("documents", embedder);
 * index.add([{ text: "Mars is the Red Planet." }]);
 * await index.upsert();
 * const hits = await index.search(["Which planet is red?"], 3);
 */
export class DocumentIndex {
  readonly folder: string;
  readonly isReadOnly: boolean;
  readonly #embedder: Embedder;
  readonly #source: Source;
  readonly #maxPending: number;
  readonly #onReopen: DocumentIndexOptions["onReopen"];
  #store: FaissStore<DocumentRecord>;
  #pending: IndexedDocument[] = [];
  /** Changes run one after another. */
  #changing: Promise<unknown> = Promise.resolve();

  private constructor(
    folder: string,
    embedder: Embedder,
    source: Source,
    store: FaissStore<DocumentRecord>,
    { readOnly = false, maxPending = 1_000_000, onReopen }: DocumentIndexOptions,
  ) {
    this.folder = folder;
    this.isReadOnly = readOnly;
    this.#embedder = embedder;
    this.#source = source;
    this.#store = store;
    this.#maxPending = maxPending;
    this.#onReopen = onReopen;
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
    await refuseFile(folder);
    // Not imported by applications that have no store: FAISS needs Node.
    const { FaissStore } = await import("@embeddinggemma/faiss");
    const { dimension, identity } = embedder;
    const create = () =>
      FaissStore.create<DocumentRecord>({ ...options.store, dimension, identity });
    const open = () => FaissStore.open<DocumentRecord>(folder, { identity, dimension });
    const source = { create, open, saved: await SavedState.of(folder) };
    const store = (await FaissStore.exists(folder)) ? await open() : await create();
    return new DocumentIndex(folder, embedder, source, store, options);
  }

  /** Number of documents. */
  get size(): number {
    return this.#store.size;
  }

  /** Number of documents that wait for `index` or `upsert`. They are only in memory. */
  get pending(): number {
    return this.#pending.length;
  }

  /**
   * Collects documents for the next {@link DocumentIndex.index} or {@link DocumentIndex.upsert}.
   *
   * @throws DocumentIndexError `READ_ONLY`, `TOO_MANY_PENDING`
   */
  add(documents: readonly IndexedDocument[]): void {
    this.#checkWritable("add documents to");
    if (this.#pending.length + documents.length > this.#maxPending) {
      throw new DocumentIndexError(
        "TOO_MANY_PENDING",
        `${this.#pending.length} documents wait to be indexed, and ${documents.length} more are ` +
          `over the limit of ${this.#maxPending}. Call upsert first.`,
      );
    }
    for (const document of documents) this.#pending.push(document);
  }

  /**
   * Makes the collected documents the whole index, and saves it. Without collected documents, this
   * does nothing.
   *
   * @throws DocumentIndexError `READ_ONLY`; the errors of the embedder and of `FaissStore.save`.
   * The collected documents are kept then.
   */
  index(): Promise<void> {
    this.#checkWritable("index");
    return this.#change(async (documents) => {
      const store = await this.#source.create();
      try {
        await this.#upsertInto(store, documents, { overwrite: true });
      } catch (error) {
        await store.close();
        throw error;
      }
      await this.#replaceStore(store);
    });
  }

  /**
   * Adds the collected documents to the index, or replaces those with the same ids, and saves it.
   *
   * @throws as {@link DocumentIndex.index}
   */
  upsert(): Promise<void> {
    this.#checkWritable("upsert");
    return this.#change((documents) => this.#upsertInto(this.#store, documents));
  }

  /**
   * Deletes documents, and saves the index.
   *
   * @returns those ids that the index had
   * @throws DocumentIndexError `READ_ONLY`; the errors of `FaissStore.save`. Nothing is deleted
   * then.
   */
  delete<Id extends string | number>(ids: readonly Id[]): Promise<Id[]> {
    this.#checkWritable("delete from");
    return this.#afterChanges(async () => {
      const known = [...new Set(ids)].filter((id) => this.#store.has(String(id)));
      if (known.length > 0) await this.#store.delete(known.map(String), { saveTo: this.folder });
      return known;
    });
  }

  /**
   * Opens a read-only store again if another program has saved it. {@link DocumentIndex.search}
   * does so, too.
   */
  async refresh(): Promise<void> {
    const { saved, open } = this.#source;
    if (!this.isReadOnly || !(await saved.hasChanged())) return;
    await this.#afterChanges(async () => {
      const failure = await open()
        .then((store) => this.#replaceStore(store))
        .catch((error: unknown) => error);
      this.#onReopen?.(failure);
    });
  }

  /**
   * Finds the documents that fit queries best.
   *
   * @returns for each query the hits, best first. Their scores are cosines, all above 0.
   */
  async search(
    queries: readonly string[],
    limit: number,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<DocumentHit[][]> {
    await this.refresh();
    if (this.size === 0) return queries.map(() => []);
    const vectors = await this.#embedder.encodeQuery(queries, options);
    // Meanwhile, `index` may have closed the store that was there before.
    const found = await this.#store.search(vectors, { k: limit });
    return found.map((hits) =>
      hits
        .filter(({ score }) => score > 0)
        .map(({ id, score, record }) => ({ id: givenId(record, id), score, text: textOf(record) })),
    );
  }

  /** Waits for running changes, then closes the store. */
  async close(): Promise<void> {
    await this.#afterChanges(() => this.#store.close());
  }

  async #replaceStore(store: FaissStore<DocumentRecord>): Promise<void> {
    const former = this.#store;
    this.#store = store;
    await former.close();
  }

  /** Runs a change on the collected documents. They are kept if it fails. */
  #change(run: (documents: readonly IndexedDocument[]) => Promise<void>): Promise<void> {
    return this.#afterChanges(async () => {
      const documents = this.#pending;
      if (documents.length === 0) return;
      this.#pending = [];
      try {
        await run(documents);
      } catch (error) {
        this.#pending = [...documents, ...this.#pending];
        throw error;
      }
    });
  }

  #afterChanges<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#changing.then(change);
    this.#changing = changed.catch(() => {});
    return changed;
  }

  async #upsertInto(
    store: FaissStore<DocumentRecord>,
    documents: readonly IndexedDocument[],
    { overwrite }: { overwrite?: boolean } = {},
  ): Promise<void> {
    // Of documents with the same id, the last one counts.
    const byId = new Map<string, IndexedDocument>();
    let next = nextNumber(store, documents);
    for (const document of documents) {
      const id = document.id ?? next++;
      byId.set(String(id), { ...document, id });
    }
    const vectors = await this.#embedder.encodeDocument(Array.from(byId.values(), documentInput));
    const items = Array.from(byId, ([id, document], row) => ({
      id,
      vector: vectors[row]!,
      record: document as DocumentRecord,
    }));
    await store.upsert(items, {
      saveTo: this.folder,
      ...(overwrite !== undefined && { overwrite }),
    });
  }

  #checkWritable(action: string): void {
    if (!this.isReadOnly) return;
    throw new DocumentIndexError("READ_ONLY", `Attempting to ${action} a read-only index.`);
  }
}

/** The title goes into the prompt. */
function documentInput({ text, title }: IndexedDocument): DocumentInput {
  return typeof title === "string" ? { title, text } : text;
}

/** One more than the largest id that is a whole number, in the store or of a new document. */
function nextNumber(
  store: FaissStore<DocumentRecord>,
  documents: readonly IndexedDocument[],
): number {
  let next = 0;
  const consider = (id: string) => {
    if (/^\d{1,15}$/.test(id)) next = Math.max(next, Number(id) + 1);
  };
  for (const id of store.ids()) consider(id);
  for (const { id } of documents) consider(String(id));
  return next;
}

/** Ids of the store are strings; a number as id stays a number. */
function givenId(record: DocumentRecord, id: string): string | number {
  return typeof record.id === "number" ? record.id : id;
}

/** The text of a record; LangChain.js's stores have it as `pageContent`. */
function textOf({ text, pageContent }: DocumentRecord): string {
  const found = text ?? pageContent;
  return typeof found === "string" ? found : "";
}
