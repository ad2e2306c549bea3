import { defined, SharedPromise } from "@embeddinggemma/internal";
import { invalidArgument } from "./check.ts";
import { FaissStore } from "./faiss-store.ts";
import { checkIdentity, type Embedding } from "./files/identity.ts";
import { checkStoreOptions } from "./options.ts";
import type { FaissStoreOptions, JsonValue } from "./types.ts";

/** Options of a store that is created when it is first needed. */
export interface LazyFaissStoreOptions<R> extends FaissStoreOptions {
  /**
   * An existing store to use; the other options have no effect then. A store that is known to hold
   * vectors of another embedding is refused.
   */
  store?: FaissStore<R> | undefined;
}

/**
 * The store of one embedding: given, opened from a folder or created when it is first needed, once
 * for all callers. For code that is configured in a constructor, such as a framework's.
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
   * @param directory - a folder whose store is opened, if it contains one
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
   * The store, which is known to fit the embedding. Asks the embedding to describe itself, which
   * may load its model.
   *
   * @throws FaissStoreError `DIMENSION_MISMATCH`, `IDENTITY_MISMATCH`, and the errors of
   * `FaissStore.open` and `FaissStore.create`
   */
  get(): Promise<FaissStore<R>> {
    return this.#fitting.get();
  }

  /**
   * The store, if there is one yet, for work without the embedding, such as a deletion. Does not
   * ask the embedding, so it may be the store of another one.
   *
   * @throws FaissStoreError the errors of `FaissStore.open`
   */
  async existing(): Promise<FaissStore<R> | undefined> {
    if (this.#store) return this.#store;
    const saved = await this.#saved.get();
    if (!saved) this.#saved.forget(); // Another program may save one.
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
 * The length and the identity of an embedding's vectors, from its methods `dimension()` and
 * `identity()`; nothing for an embedding without them.
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
