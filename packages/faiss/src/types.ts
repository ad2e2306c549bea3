/**
 * A vector: any array of finite numbers that is not all zeros. It is normalised on entry unless it
 * is a unit vector.
 */
export type Vector = Float32Array | Float64Array | readonly number[];

/** What JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | JsonValue[]
  | { [key: string]: JsonValue };

/**
 * Says what made the vectors: model, revision, dtype, prompts… Compared by content, whatever the
 * order of the keys.
 */
export type Identity = string | { readonly [key: string]: JsonValue };

export interface FaissStoreItem<R> {
  /** @default a random UUID */
  id?: string | undefined;
  vector: Vector;
  /** Copied on entry, as JSON would keep it. */
  record: R;
}

export interface FaissStoreEntry<R> {
  id: string;
  /** The unit vector that the store holds, as a copy. */
  vector: Float32Array;
  /** A copy of the record. */
  record: R;
}

export interface FaissStoreHit<R> {
  id: string;
  /** Inner product of the unit vectors, which is their cosine: -1 to 1, higher is better. */
  score: number;
  /** A copy of the record. */
  record: R;
}

/**
 * Chooses records. Must be a plain function of its arguments: synchronous, and changing nothing.
 */
export type FaissStoreFilter<R> = (record: R, id: string) => boolean;

export interface SearchOptions<R> {
  /** How many hits at most; a positive integer. @default 10 */
  k?: number | undefined;
  /** Only records for which this returns true; `k` of them whenever there are `k`. */
  filter?: FaissStoreFilter<R> | undefined;
  /** Only hits with at least this score. */
  minScore?: number | undefined;
  /** The store's `oversample` for this search. */
  oversample?: number | undefined;
}

export interface MaximalMarginalRelevanceOptions<R> {
  /** How many hits at most; a positive integer. @default 4 */
  k?: number | undefined;
  /**
   * Among how many of the best hits to choose; at least `k`.
   *
   * @default 20, or `k` if that is more
   */
  fetchK?: number | undefined;
  /** From 0, the most diverse, to 1, the most relevant. @default 0.5 */
  lambda?: number | undefined;
  filter?: FaissStoreFilter<R> | undefined;
}

/** `faiss` is `faiss-node`; `builtin` is a scan in this package, on the same files. */
export type EngineName = "faiss" | "builtin";

/** Some FAISS factory strings, for an editor to complete; every other supported one works too. */
export type IndexFactory =
  | "Flat"
  | "HNSW32,Flat"
  | "HNSW32,SQ8"
  | "IVF256,Flat"
  | "IVF256,PQ32"
  | "PQ32"
  | "SQ8"
  | "SQfp16"
  | (string & {});

/**
 * A choice of `index`, `searchDimension` and `precision` by what matters most; each can be
 * overridden.
 */
export type Preset = "exact" | "balanced" | "small";

export interface EngineOptions {
  /**
   * `auto` uses FAISS if it loads, and the built-in scan if it does not or if it fails.
   *
   * @default "auto"
   */
  engine?: EngineName | "auto" | undefined;
  /**
   * Up to this many vectors are scanned exactly and in-process, which is faster there than any
   * index.
   *
   * @default as many as hold a million numbers: 1,365 vectors of 768
   */
  scanBelow?: number | undefined;
  /** Module name or path of the `faiss-node` to load. @default "faiss-node" */
  faissNode?: string | undefined;
}

export interface FaissStoreOptions extends EngineOptions {
  /** Numbers in a vector. @default the length of the first vector */
  dimension?: number | undefined;
  /**
   * Matryoshka search: the index holds the first so many numbers of each vector, re-normalised; the
   * best of it are scored again with the full vectors. Only sensible for embeddings trained so that
   * their leading numbers carry most.
   *
   * @default `dimension`
   */
  searchDimension?: number | undefined;
  /**
   * A FAISS index factory string: `Flat`, `SQ4`, `SQ6`, `SQ8`, `SQfp16` or `PQ<bytes>[x<bits>]`,
   * alone or after `HNSW<links>,` or `IVF<cells>,`.
   *
   * @default "Flat"
   * @see https://github.com/facebookresearch/faiss/wiki/The-index-factory
   */
  index?: IndexFactory | undefined;
  /** @default none: the defaults of each option */
  preset?: Preset | undefined;
  /**
   * How many times `k` candidates are taken from an index that is not exact, and scored with the
   * full vectors; at least 1.
   *
   * @default 10
   */
  oversample?: number | undefined;
  /**
   * How the full vectors are kept: as given, or with one byte for each number and a scale for each
   * vector.
   *
   * @default "float32"
   */
  precision?: "float32" | "int8" | undefined;
  /** How many cells of an `IVF…` index a search visits. @default an eighth of them, at least 8 */
  nprobe?: number | undefined;
  /** How many candidates a search in an `HNSW…` index keeps. @default 64 */
  efSearch?: number | undefined;
  /** What made the vectors, saved with them and checked by `open`. */
  identity?: Identity | undefined;
}

export interface OpenOptions extends EngineOptions {
  /**
   * What will make the queries; another than what made the vectors is an error.
   *
   * @default not checked
   */
  identity?: Identity | undefined;
  /** The dimension that the caller expects; another is an error. @default not checked */
  dimension?: number | undefined;
  /** Opens although the identities differ. @default false */
  allowMismatch?: boolean | undefined;
  /** As in {@link FaissStoreOptions}; the next save records it. @default as saved */
  oversample?: number | undefined;
  /** As in {@link FaissStoreOptions}; the next save records it. @default as saved */
  nprobe?: number | undefined;
  /** As in {@link FaissStoreOptions}; the next save records it. @default as saved */
  efSearch?: number | undefined;
}

export interface SaveOptions {
  /**
   * `true` replaces whatever is there, also what another writer has saved since, and a damaged
   * store. `false` replaces only what this store was opened from or has saved there itself, so of
   * two stores that found a folder empty one gets `STORE_CHANGED`.
   *
   * @default as `false` where this store was opened or saved before; elsewhere an intact store is
   * replaced
   */
  overwrite?: boolean | undefined;
  /** How many milliseconds to wait for another writer to finish. @default 10_000 */
  lockTimeout?: number | undefined;
}

/** What another library has saved. `faiss` is a bare FAISS file of a flat index. */
export type ForeignFormat = "langchain-js" | "langchain-python" | "llamaindex-python" | "faiss";

export interface ImportOptions<R> extends FaissStoreOptions {
  /** @default recognised by the files */
  format?: ForeignFormat | undefined;
  /** Name of the files in a folder of LangChain Python. @default "index" */
  indexName?: string | undefined;
  /** Ids of the vectors in a bare FAISS file. @default the numbers under which FAISS finds them */
  ids?: readonly string[] | undefined;
  /**
   * Takes vectors that are not unit vectors, although their cosine ranks otherwise than before.
   *
   * @default false
   */
  normalize?: boolean | undefined;
  /**
   * Makes the record. It is given `{ pageContent, metadata }` of LangChain, a node's JSON of
   * LlamaIndex, null of a FAISS file.
   *
   * @default what it is given
   */
  toRecord?: ((source: JsonValue, id: string) => R) | undefined;
}

export interface LangChainDocument {
  pageContent: string;
  metadata: { [key: string]: JsonValue };
}

export interface LangChainExportOptions<R> {
  /** @default "index" */
  indexName?: string | undefined;
  /** @default the record's `pageContent` and `metadata` */
  toDocument?: ((record: R, id: string) => LangChainDocument) | undefined;
}
