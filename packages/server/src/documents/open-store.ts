import type { Embedder } from "@embeddinggemma/core";
import type { FaissStore, RecordValue } from "@embeddinggemma/faiss";
import { DocumentIndexError } from "./document-index-error.ts";
import type { DocumentIndexOptions } from "./document-index-options.ts";
import { type ForeignOwner, ownerOf, ownerOfFolder, whyReadOnly } from "./foreign-documents.ts";
import { ManifestWatch } from "./manifest-watch.ts";

/** The fields of a document. */
export type DocumentRecord = Record<string, RecordValue>;

export type DocumentStore = FaissStore<DocumentRecord>;

/** Where a store is saved. */
interface Source {
  readonly exists: () => Promise<boolean>;
  readonly open: () => Promise<DocumentStore>;
  /** Of {@link ownerOfFolder}. */
  readonly folderOwner: ForeignOwner | undefined;
}

type OpenStoreOptions = Pick<DocumentIndexOptions, "readOnly" | "onReopen" | "store">;

/** The store of a folder that is open now. Another one takes its place if the folder changes. */
export class OpenStore {
  readonly folder: string;
  readonly #source: Source;
  readonly #watch: ManifestWatch;
  readonly #options: OpenStoreOptions;
  #current: DocumentStore;
  #owner: ForeignOwner | undefined;
  #refreshing: Promise<unknown> = Promise.resolve();
  #isChanging = false;
  /** Whether {@link OpenStore.replacement} has not refused yet to replace what others saved. */
  #hasNews = false;
  #isClosed = false;

  private constructor(
    folder: string,
    source: Source,
    watch: ManifestWatch,
    store: DocumentStore,
    options: OpenStoreOptions,
  ) {
    this.folder = folder;
    this.#source = source;
    this.#watch = watch;
    this.#current = store;
    this.#owner = ownerOf(store);
    this.#options = options;
  }

  /** @throws the errors of `FaissStore.open` */
  static async of(
    folder: string,
    { dimension, identity }: Pick<Embedder, "dimension" | "identity">,
    options: OpenStoreOptions,
  ): Promise<OpenStore> {
    // Not imported by applications that have no store: FAISS needs Node.
    const { FaissStore } = await import("@embeddinggemma/faiss");
    const embedding = { dimension, identity };
    const { engine, scanBelow, faissNode } = options.store ?? {};
    const unsaved = { engine, scanBelow, faissNode };
    const exists = () => FaissStore.exists(folder);
    const open = () => FaissStore.open<DocumentRecord>(folder, { ...unsaved, ...embedding });
    const watch = await ManifestWatch.of(folder);
    const store = (await exists())
      ? await open()
      : await FaissStore.create<DocumentRecord>({ ...options.store, ...embedding });
    const folderOwner = await ownerOfFolder(folder);
    return new OpenStore(folder, { exists, open, folderOwner }, watch, store, options);
  }

  /** Do not keep it: it is closed when another store takes its place. */
  get current(): DocumentStore {
    return this.#current;
  }

  get isReadOnly(): boolean {
    return this.#options.readOnly === true || this.foreignOwner !== undefined;
  }

  get foreignOwner(): ForeignOwner | undefined {
    return this.#source.folderOwner ?? this.#owner;
  }

  /** Whether a {@link OpenStore.replacement} has no finer vectors than the current store. */
  get keepsPrecision(): boolean {
    const { precision, preset } = this.#options.store ?? {};
    return precision === "int8" || (precision === undefined && preset === undefined);
  }

  /** Whether the folder has a store, even one that another program has saved. */
  isSaved(): Promise<boolean> {
    return this.#source.exists();
  }

  /**
   * Runs a change that saves itself with the given options. If another program has saved the store,
   * opens it again and repeats the change, up to {@link maxAttempts} times in all.
   *
   * @throws DocumentIndexError `OTHER_WRITER`, `STORE_REMOVED`, `STORE_REPLACED`
   */
  change<T>(run: (store: DocumentStore, saving: Saving) => Promise<T>): Promise<T> {
    return this.#changing(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await run(this.#current, { saveTo: this.folder, overwrite: false });
        } catch (error) {
          const isChanged = codeOf(error) === "STORE_CHANGED";
          if (!isChanged || attempt === maxAttempts) throw refusalOf(error);
        }
        await this.#reopen();
      }
    });
  }

  /**
   * An empty store that can {@link OpenStore.replace} the current one. If another program has saved
   * documents, the first call after that throws, so that they are not deleted unseen. That holds
   * for what was saved since the last look, too.
   *
   * @throws DocumentIndexError `OTHER_WRITER`
   */
  async replacement(): Promise<DocumentStore> {
    if (this.#hasNews) {
      await this.#changing(async () => {
        await this.#look();
        throw this.#notReplaced();
      });
    }
    return this.#current.createReplacement(this.#options.store);
  }

  /**
   * Saves a {@link OpenStore.replacement} in place of the current store. If another program has
   * saved the folder since it was created, opens that instead.
   *
   * @throws DocumentIndexError `OTHER_WRITER`, `STORE_REMOVED`, `STORE_REPLACED`
   */
  replace(store: DocumentStore): Promise<void> {
    return this.#changing(async () => {
      try {
        await store.save(this.folder, { overwrite: false });
      } catch (error) {
        if (codeOf(error) !== "STORE_CHANGED") throw refusalOf(error);
        await this.#reopen();
        throw this.#notReplaced(error);
      }
      await this.#switchTo(store);
    });
  }

  /** Opens the store again if another program has saved it. A change does so by itself. */
  async refresh(): Promise<void> {
    if (this.#isClosed || this.#isChanging || !this.#watch.isDue) return;
    await this.#look();
  }

  /** Closes the store for good: {@link OpenStore.refresh} does nothing then. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#refreshing;
    await this.#current.close();
  }

  /** Runs a change, during which a search does not open the store again. */
  async #changing<T>(change: () => Promise<T>): Promise<T> {
    this.#isChanging = true;
    try {
      await this.#refreshing;
      const result = await change();
      await this.#watch.saved();
      return result;
    } finally {
      this.#isChanging = false;
    }
  }

  /** Opens the store again if another program has saved it since the last look. */
  async #look(): Promise<void> {
    const refreshing = this.#watch.reopen(async () => this.#take(await this.#source.open()));
    this.#refreshing = refreshing;
    const reopening = await refreshing;
    if (reopening) this.#options.onReopen?.(reopening.failure);
  }

  /** @throws DocumentIndexError `STORE_REMOVED`, `STORE_REPLACED`, `READ_ONLY` */
  async #reopen(): Promise<void> {
    if (!(await this.isSaved())) throw new DocumentIndexError("STORE_REMOVED", removed);
    const opened = await this.#watch.open(this.#source.open).catch((error: unknown) => {
      throw refusalOf(error);
    });
    await this.#take(opened);
    this.#options.onReopen?.();
    const owner = this.foreignOwner;
    if (owner === undefined) return;
    throw new DocumentIndexError(
      "READ_ONLY",
      `Another program has saved the store, which is read-only now. ${whyReadOnly(owner)}`,
    );
  }

  /** Goes on with a store that another program has saved. */
  async #take(store: DocumentStore): Promise<void> {
    this.#hasNews = true;
    await this.#switchTo(store);
  }

  /** The refusal to replace what others saved, which is given once. */
  #notReplaced(cause?: unknown): DocumentIndexError {
    this.#hasNews = false;
    return new DocumentIndexError("OTHER_WRITER", `${notReplaced} ${oneWriter}`, { cause });
  }

  async #switchTo(store: DocumentStore): Promise<void> {
    const former = this.#current;
    this.#current = store;
    this.#owner = ownerOf(store);
    await former.close();
  }
}

/** Options of a change of `FaissStore`. */
interface Saving {
  readonly saveTo: string;
  readonly overwrite: boolean;
}

/** How often a change is tried while others save the store. */
const maxAttempts = 10;

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

/** The advice of these errors is for code, and not for who runs servers. */
function refusalOf(error: unknown): unknown {
  const code = codeOf(error);
  if (code === "FILE_MISSING")
    return new DocumentIndexError("STORE_REMOVED", removed, { cause: error });
  if (code === "DIMENSION_MISMATCH" || code === "IDENTITY_MISMATCH")
    return new DocumentIndexError("STORE_REPLACED", replaced, { cause: error });
  if (code !== "STORE_CHANGED" && code !== "STORE_LOCKED") return error;
  return new DocumentIndexError("OTHER_WRITER", `${notSaved} ${oneWriter}`, { cause: error });
}

const notSaved =
  "Another program is saving documents to the same store, so nothing was changed. Send the " +
  "request again. Documents that you have added still wait: do not add them again.";

const notReplaced =
  "Another program has saved documents to the same store, so yours have not replaced them. The " +
  "store was opened again: call upsert to add your documents, or index to replace all others.";

const removed =
  "The store was removed from its folder after the server had opened it, so nothing was saved. " +
  "Put it back. Or start the server again, with an empty folder; then, add the documents again.";

const replaced =
  "A store with vectors of another model or length has taken the place of the one that the " +
  "server had opened, so nothing was saved. Start the server again, with the model of that " +
  "store. Or put the former store back.";

const oneWriter = "Run one server that writes for each --store, and the others with --read-only.";
