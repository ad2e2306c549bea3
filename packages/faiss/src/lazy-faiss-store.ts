import { defined, SharedPromise } from "@embeddinggemma/internal";
import { FaissStoreError } from "./errors.ts";
import { FaissStore } from "./faiss-store.ts";
import {
  allowMismatchAdvice,
  checkDimensionOption,
  checkEmbedding,
  type Embedding,
} from "./files/identity.ts";
import { absolutePath, checkLazyStoreOptions } from "./options.ts";
import type { FaissStoreOptions, Identity, RecordValue } from "./types.ts";

/** Options of {@link LazyFaissStore}. */
export interface LazyFaissStoreOptions<R> extends FaissStoreOptions {
  /**
   * A store to use. Its dimension must be that of the embedding. If it has an identity, the
   * embedding must state the same. Of the other options, only `identity` and `allowMismatch` can be
   * set then.
   */
  store?: FaissStore<R> | undefined;
  /**
   * The identity of the embedding's vectors, at your own word.
   *
   * @default what the embedding's method `identity()` returns, if it has one
   */
  identity?: Identity | undefined;
  /**
   * Accepts a store whose identity is not that of the embedding, or an embedding that states no
   * identity. A saved store takes the identity of the embedding with its next save, if there is
   * one; a `store` that you pass keeps its own.
   *
   * @default false
   */
  allowMismatch?: boolean | undefined;
}

/**
 * A store for one embedding, for code that cannot wait in a constructor, such as a framework's. The
 * first call opens or creates the store, unless you pass one; all callers share it.
 *
 * @example
 * const lazy = new LazyFaissStore(embeddings, { searchDimension: 128 });
 * const store = await lazy.get(); // has the dimension and the identity of the embeddings
 */
export class LazyFaissStore<R = RecordValue> {
  readonly #embedding: object;
  readonly #options: FaissStoreOptions;
  readonly #allowMismatch: boolean;
  readonly #given: FaissStore<R> | undefined;
  readonly #directory: string | undefined;
  readonly #fitting = new SharedPromise(() => this.#fit());
  readonly #saved = new SharedPromise(() => this.#openSaved());
  #store: FaissStore<R> | undefined;

  /**
   * @param embedding - what makes the vectors; see {@link describeEmbedding}
   * @param directory - path or `file:` URL of a folder; a store that it contains is opened
   * @throws FaissStoreError `INVALID_ARGUMENT`
   */
  constructor(embedding: object, options: LazyFaissStoreOptions<R> = {}, directory?: string | URL) {
    checkLazyStoreOptions(options);
    const { store, allowMismatch = false, ...storeOptions } = options;
    if (store !== undefined) checkGivenAlone(storeOptions);
    this.#embedding = embedding;
    this.#allowMismatch = allowMismatch;
    this.#options = defined(storeOptions);
    this.#given = store;
    this.#store = store;
    this.#directory = directory === undefined ? undefined : absolutePath(directory);
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
   * deletion. The model is not loaded, so another embedding may have made its vectors. An embedding
   * that states no identity is refused as by {@link LazyFaissStore.get}, since that needs no model.
   *
   * @throws FaissStoreError `IDENTITY_MISMATCH`, and the errors of `FaissStore.open`
   */
  async existing(): Promise<FaissStore<R> | undefined> {
    const store = this.#store ?? (await this.#saved.get());
    if (!store)
      this.#saved.forget(); // Another program may save one later.
    else if (!this.#allowMismatch && !statesIdentity(this.#embedding))
      this.#check({ identity: store.identity }, this.#options);
    return store;
  }

  async #fit(): Promise<FaissStore<R>> {
    const described = {
      ...(await describeEmbedding(this.#embedding, this.#options)),
      ...this.#options,
    };
    const store = await this.existing();
    if (!store) {
      this.#store = await FaissStore.create<R>(described);
      return this.#store;
    }
    const { dimension, identity } = store;
    // Whoever passes a store without identity knows what made it. A saved one may be anything.
    const known = this.#given ? identity : (identity ?? null);
    this.#check({ dimension, identity: this.#allowMismatch ? undefined : known }, described);
    return store;
  }

  /** @throws FaissStoreError `DIMENSION_MISMATCH`, `IDENTITY_MISMATCH` */
  #check(stored: Embedding, { dimension, identity = null }: Embedding): void {
    const name = this.#given ? "the store" : `the store in ${this.#directory}`;
    checkEmbedding(stored, { dimension, identity }, { name, advice: allowMismatchAdvice });
  }

  async #openSaved(): Promise<FaissStore<R> | undefined> {
    if (this.#directory === undefined || !(await FaissStore.exists(this.#directory))) return;
    const { engine, scanBelow, faissNode, oversample, nprobe, efSearch } = this.#options;
    const options = { engine, scanBelow, faissNode, oversample, nprobe, efSearch };
    this.#store = await FaissStore.open<R>(this.#directory, {
      ...options,
      ...(this.#allowMismatch && { allowMismatch: true, identity: await this.#identity() }),
    });
    return this.#store;
  }

  async #identity(): Promise<Identity | undefined> {
    return this.#options.identity ?? (await describeEmbedding(this.#embedding)).identity;
  }
}

/**
 * The dimension and identity of an embedding's vectors, from its methods `dimension()` and
 * `identity()`. What an embedding has no method for is left out.
 *
 * @param options - what the caller says of the vectors
 * @throws FaissStoreError `DIMENSION_MISMATCH` if the option `dimension` is another one
 */
export async function describeEmbedding(
  embedding: object,
  options: Pick<FaissStoreOptions, "dimension"> = {},
): Promise<Pick<FaissStoreOptions, "dimension" | "identity">> {
  const { dimension, identity } = embedding as Partial<DescribedEmbedding>;
  const stated = typeof identity === "function" ? await identity.call(embedding) : undefined;
  const made = typeof dimension === "function" ? await dimension.call(embedding) : undefined;
  checkDimensionOption(options.dimension, made);
  return defined({ identity: stated ?? undefined, dimension: made });
}

interface DescribedEmbedding {
  dimension(): Promise<number>;
  identity(): Promise<Identity>;
}

function statesIdentity(embedding: object): boolean {
  return typeof (embedding as Partial<DescribedEmbedding>).identity === "function";
}

/** @throws FaissStoreError `INVALID_ARGUMENT` for options that a given store cannot use */
function checkGivenAlone({ identity, ...others }: FaissStoreOptions): void {
  const names = Object.keys(defined(others));
  if (names.length === 0) return;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `\`store\` exists already, so ${names.join(", ")} cannot take effect. Set either \`store\` ` +
      "or the options of a new one.",
    { options: names },
  );
}
