import { defined, SharedPromise } from "@embeddinggemma/internal";
import { invalidArgument } from "./check.ts";
import { FaissStore } from "./faiss-store.ts";
import { checkIdentity, type Embedding } from "./files/identity.ts";
import { checkStoreOptions } from "./options.ts";
import type { FaissStoreOptions, JsonValue } from "./types.ts";

/** Options of {@link LazyFaissStore}. */
export interface LazyFaissStoreOptions<R> extends FaissStoreOptions {
  /**
   * A store to use. All other options are ignored then. Its dimension and identity, if known, must
   * match the embedding's.
   */
  store?: FaissStore<R> | undefined;
}

/**
 * A store for one embedding, for code that cannot wait in a constructor, such as a framework's. The
 * first call opens or creates the store, unless you pass one; all callers share it.
 *
 * @example
 * const lazy = new LazyFaissStore(embeddings, { searchDimension: 128 });
 * const store = await lazy.get(); // has the dimension and the identity of the embeddings
 */
export class LazyFaissStore<R = JsonValue> {
  readonly #embedding: object;
  readonly #options: FaissStoreOptions;
  readonly #given: FaissStore<R> | undefined;
  readonly #directory: string | undefined;
  readonly #fitting = new SharedPromise(() => this.#fit());
  readonly #saved = new SharedPromise(() => this.#openSaved());
  #store: FaissStore<R> | undefined;

  /**
   * @param embedding - what makes the vectors; see {@link describeEmbedding}
   * @param directory - a folder; if it contains a saved store, that is opened
   * @throws FaissStoreError `INVALID_ARGUMENT`
   */
  constructor(
    embedding: object,
    { store, ...options }: LazyFaissStoreOptions<R> = {},
    directory?: string,
  ) {
    checkStoreOptions(options);
    if (store !== undefined && typeof store?.checkEmbedding !== "function")
      throw invalidArgument("store", store, "a FaissStore");
    this.#embedding = embedding;
    this.#options = defined(options);
    this.#given = store;
    this.#store = store;
    this.#directory = directory;
  }

  /**
   * The store, after a check that it fits the embedding. The check needs the dimension and identity
   * of the embedding, so its model may be loaded.
   *
   * @throws FaissStoreError `DIMENSION_MISMATCH`, `IDENTITY_MISMATCH`, and the errors of
   * `FaissStore.open` and `FaissStore.create`
   */
  get(): Promise<FaissStore<R>> {
    return this.#fitting.get();
  }

  /**
   * The store if it exists already, given or saved, for work that needs no embedding, such as a
   * deletion. There is no check, so another embedding may have made its vectors.
   *
   * @throws FaissStoreError the errors of `FaissStore.open`
   */
  async existing(): Promise<FaissStore<R> | undefined> {
    if (this.#store) return this.#store;
    const saved = await this.#saved.get();
    if (!saved) this.#saved.forget(); // Another program may save one later.
    return saved;
  }

  async #fit(): Promise<FaissStore<R>> {
    const described = await describeEmbedding(this.#embedding);
    if (this.#given) {
      this.#given.checkEmbedding(described);
      return this.#given;
    }
    const options = { ...described, ...this.#options };
    const saved = await this.existing();
    if (saved) {
      saved.checkEmbedding(options);
      checkIdentity(this.#directory!, saved.identity ?? null, options.identity);
      return saved;
    }
    this.#store = await FaissStore.create<R>(options);
    return this.#store;
  }

  async #openSaved(): Promise<FaissStore<R> | undefined> {
    if (this.#directory === undefined || !(await FaissStore.exists(this.#directory))) return;
    const { engine, scanBelow, faissNode, oversample, nprobe, efSearch } = this.#options;
    const options = { engine, scanBelow, faissNode, oversample, nprobe, efSearch };
    this.#store = await FaissStore.open<R>(this.#directory, options);
    return this.#store;
  }
}

/**
 * The dimension and identity of an embedding's vectors, from its methods `dimension()` and
 * `identity()`. An embedding without these methods gives an empty object.
 */
export async function describeEmbedding(embedding: object): Promise<Embedding> {
  const { dimension, identity } = embedding as Partial<DescribedEmbedding>;
  if (typeof dimension !== "function" || typeof identity !== "function") return {};
  return {
    identity: await identity.call(embedding),
    dimension: await dimension.call(embedding),
  };
}

interface DescribedEmbedding {
  dimension(): Promise<number>;
  identity(): Promise<string>;
}
