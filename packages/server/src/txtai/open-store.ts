import type { Embedder } from "@embeddinggemma/core";
import type { FaissStore, RecordValue } from "@embeddinggemma/faiss";
import { DocumentIndexError } from "./document-index-error.ts";
import type { DocumentIndexOptions } from "./document-index-options.ts";
import { ManifestWatch } from "./manifest-watch.ts";

/** The fields of a document. */
export type DocumentRecord = Record<string, RecordValue>;

export type DocumentStore = FaissStore<DocumentRecord>;

/** How the stores of a folder are made and opened. */
interface Source {
  readonly create: () => Promise<DocumentStore>;
  readonly open: () => Promise<DocumentStore>;
}

type OpenStoreOptions = Pick<DocumentIndexOptions, "readOnly" | "onReopen" | "store">;

/** The store of a folder that is open now. Another one takes its place if the folder changes. */
export class OpenStore {
  readonly folder: string;
  readonly isReadOnly: boolean;
  readonly #source: Source;
  readonly #watch: ManifestWatch;
  readonly #onReopen: DocumentIndexOptions["onReopen"];
  #current: DocumentStore;
  #refreshing: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(
    folder: string,
    source: Source,
    watch: ManifestWatch,
    store: DocumentStore,
    { readOnly = false, onReopen }: OpenStoreOptions,
  ) {
    this.folder = folder;
    this.isReadOnly = readOnly;
    this.#source = source;
    this.#watch = watch;
    this.#current = store;
    this.#onReopen = onReopen;
  }

  /** @throws the errors of `FaissStore.open` */
  static async of(
    folder: string,
    { dimension, identity }: Pick<Embedder, "dimension" | "identity">,
    options: OpenStoreOptions,
  ): Promise<OpenStore> {
    // Not imported by applications that have no store: FAISS needs Node.
    const { FaissStore } = await import("@embeddinggemma/faiss");
    const create = () =>
      FaissStore.create<DocumentRecord>({ ...options.store, dimension, identity });
    const open = () => FaissStore.open<DocumentRecord>(folder, { identity, dimension });
    const watch = await ManifestWatch.of(folder);
    const store = (await FaissStore.exists(folder)) ? await open() : await create();
    return new OpenStore(folder, { create, open }, watch, store, options);
  }

  /** Do not keep it: it is closed when another store takes its place. */
  get current(): DocumentStore {
    return this.#current;
  }

  /** A new store, which can {@link OpenStore.replace} this one. */
  create(): Promise<DocumentStore> {
    return this.#source.create();
  }

  /**
   * Runs a change that saves itself with the given options. If another program has saved the store,
   * opens it again and repeats the change.
   *
   * @throws DocumentIndexError `OTHER_WRITER`
   */
  async change<T>(run: (store: DocumentStore, saving: Saving) => Promise<T>): Promise<T> {
    const attempt = () => run(this.#current, { saveTo: this.folder, overwrite: false });
    try {
      return await attempt();
    } catch (error) {
      if (codeOf(error) !== "STORE_CHANGED") throw refusalOf(error);
    }
    await this.#reopen();
    return attempt().catch((error: unknown) => {
      throw refusalOf(error);
    });
  }

  /**
   * Saves another store in place of the current one. If another program has saved the folder since,
   * opens that instead, so that nobody's documents are deleted unseen.
   *
   * @throws DocumentIndexError `OTHER_WRITER`
   */
  async replace(store: DocumentStore): Promise<void> {
    try {
      // Writes nothing if the folder has the current store, and fails if it has another one.
      await this.#current.save(this.folder, { overwrite: false });
      await store.save(this.folder, { overwrite: true });
    } catch (error) {
      if (codeOf(error) !== "STORE_CHANGED") throw refusalOf(error);
      await this.#reopen();
      throw new DocumentIndexError("OTHER_WRITER", `${notReplaced} ${oneWriter}`, { cause: error });
    }
    await this.#switchTo(store);
  }

  /** Opens a read-only store again if another program has saved it. */
  async refresh(): Promise<void> {
    if (!this.isReadOnly || this.#isClosed || !this.#watch.isDue) return;
    const refreshing = this.#watch.reopen(async () => this.#switchTo(await this.#source.open()));
    this.#refreshing = refreshing;
    const reopening = await refreshing;
    if (reopening) this.#onReopen?.(reopening.failure);
  }

  /** Closes the store for good: {@link OpenStore.refresh} does nothing then. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#refreshing;
    await this.#current.close();
  }

  async #reopen(): Promise<void> {
    await this.#switchTo(await this.#source.open());
    this.#onReopen?.();
  }

  async #switchTo(store: DocumentStore): Promise<void> {
    const former = this.#current;
    this.#current = store;
    await former.close();
  }
}

/** Options of a change of `FaissStore`. */
interface Saving {
  readonly saveTo: string;
  readonly overwrite: boolean;
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

/** The advice of these two errors is for code, and not for who runs servers. */
function refusalOf(error: unknown): unknown {
  const code = codeOf(error);
  if (code !== "STORE_CHANGED" && code !== "STORE_LOCKED") return error;
  return new DocumentIndexError("OTHER_WRITER", `${notSaved} ${oneWriter}`, { cause: error });
}

const notSaved =
  "Another program is saving documents to the same store, so your change was not saved.";

const notReplaced =
  "Another program has saved documents to the same store, so yours have not replaced them. The " +
  "store was opened again: call upsert to add your documents, or index to replace all others.";

const oneWriter = "Run one server that writes for each --store, and the others with --read-only.";
