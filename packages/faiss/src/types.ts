/**
 * An array of finite numbers that are not all zero. The store divides it by its length, unless that
 * is already 1.
 */
export type Vector = Float32Array | Float64Array | readonly number[];

/** A value that JSON can represent. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | JsonValue[]
  | { [key: string]: JsonValue };

/**
 * A value that a record can have: a value of JSON, or a `Date`. Each comes back as it went in, also
 * after a save. Anything else is refused.
 */
export type RecordValue =
  | string
  | number
  | boolean
  | null
  | Date
  | RecordValue[]
  | { [key: string]: RecordValue };

/**
 * Names what made the vectors: model, revision, dtype, prompts and so on. Objects are compared by
 * content; the order of the keys does not matter.
 */
export type Identity = string | { readonly [key: string]: JsonValue };

/** An item to add to a store. */
export interface FaissStoreItem<R> {
  /**
   * A string that is not empty. Each id may occur once in a call.
   *
   * @default a random UUID, also for null
   */
  id?: string | null | undefined;
  vector: Vector;
  /**
   * Strings, finite numbers, booleans, null, dates, arrays and plain objects. Stored as a copy,
   * without properties that are `undefined` and without symbol keys. Other values are refused.
   */
  record: R;
}

/** An item of a store. */
export interface FaissStoreEntry<R> {
  id: string;
  /** A copy of the stored vector, which has length 1. */
  vector: Float32Array;
  /** A copy of the record. */
  record: R;
}

/** An item that a search has found. */
export interface FaissStoreHit<R> {
  id: string;
  /** Cosine of the query and the item's vector: from -1 to 1, higher is better. */
  score: number;
  /** A copy of the record. */
  record: R;
}

/**
 * Returns true for the records to choose. Must be synchronous, and must return the same for the
 * same arguments. The record is read-only: an attempt to change it throws in strict mode, as in
 * every ES module, and is ignored otherwise.
 */
export type FaissStoreFilter<R> = (record: R, id: string) => boolean;

export interface SearchOptions<R> {
  /** Maximum number of hits; a positive integer. @default 10 */
  k?: number | undefined;
  /**
   * Finds only records for which this returns true. You get `k` hits whenever `k` records match.
   *
   * @default all records
   */
  filter?: FaissStoreFilter<R> | undefined;
  /** Finds only hits with at least this score, from -1 to 1. @default any score */
  minScore?: number | undefined;
  /** Replaces the store's `oversample` for this search. @default the store's `oversample` */
  oversample?: number | undefined;
}

export interface MaximalMarginalRelevanceOptions<R> {
  /** Maximum number of hits; a positive integer. @default 4 */
  k?: number | undefined;
  /**
   * How many of the best hits to choose from. If it is less than `k`, you get `fetchK` hits.
   *
   * @default 20, or `k` if that is more
   */
  fetchK?: number | undefined;
  /** From 0 (most diverse) to 1 (most relevant). @default 0.5 */
  lambda?: number | undefined;
  /** Finds only records for which this returns true. @default all records */
  filter?: FaissStoreFilter<R> | undefined;
  /** Chooses only from hits with at least this score, from -1 to 1. @default any score */
  minScore?: number | undefined;
}

/** `faiss` is `faiss-node`. `builtin` is an exact search in this package, on the same files. */
export type EngineName = "faiss" | "builtin";

/** Suggestions for your editor. All other supported factory strings work, too. */
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
 * Sets several options at once. An option that you set yourself wins.
 *
 * - `exact`: the defaults, an exact search of the full vectors.
 * - `balanced`: `searchDimension` 256, for a faster search.
 * - `small`: `searchDimension` 128, `precision` `"int8"` and `oversample` 20, for less memory.
 */
export type Preset = "exact" | "balanced" | "small";

export interface EngineOptions {
  /**
   * `auto` is `builtin` for a `Flat` index, since that is faster. For others it uses FAISS, or
   * `builtin` if FAISS does not load or fails. `exact` is the former name of `builtin`.
   *
   * @default "auto"
   */
  engine?: EngineName | "auto" | "exact" | undefined;
  /**
   * Up to this many vectors, a search scores all of them, without any index.
   *
   * @default as many as have 131,072 numbers, such as 170 vectors of 768; with FAISS as many as
   * have 1,048,576 numbers, such as 1,365 vectors of 768
   */
  scanBelow?: number | undefined;
  /** Name or path of the `faiss-node` module to load. @default "faiss-node" */
  faissNode?: string | undefined;
}

export interface FaissStoreOptions extends EngineOptions {
  /** How many numbers a vector has; at most 65,536. @default the length of the first vector */
  dimension?: number | undefined;
  /**
   * Matryoshka search: finds candidates by only this many leading numbers of each vector, as a unit
   * vector, and scores the best ones again with the full vectors. Use it only for embeddings that
   * were trained for it, so that the leading numbers matter most.
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
  /** Sets several options at once. @default "exact" */
  preset?: Preset | undefined;
  /**
   * If the index is not exact or `searchDimension` is less than `dimension`, a search scores
   * `k × oversample` candidates with the full vectors. At least 1; a higher value finds more, but
   * is slower.
   *
   * @default 10
   */
  oversample?: number | undefined;
  /**
   * How the full vectors are stored: `float32` unchanged, `int8` with one byte for each number and
   * a scale for each vector.
   *
   * @default "float32"
   */
  precision?: "float32" | "int8" | undefined;
  /**
   * How many cells a search in an `IVF…` index visits.
   *
   * @default 5 times the square root of their number, such as 80 of 256; all of up to 25
   */
  nprobe?: number | undefined;
  /**
   * How many candidates a search in an `HNSW…` index tracks.
   *
   * @default 256, or more with fewer than 32 links: 8,192 divided by the links
   */
  efSearch?: number | undefined;
  /** What made the vectors. It is saved with them, and `open` checks it. @default unknown */
  identity?: Identity | undefined;
}

export interface OpenOptions extends EngineOptions {
  /**
   * What makes your queries. If something else made the vectors, `open` throws `IDENTITY_MISMATCH`.
   * With `null`, which says that you do not know, it throws if the store has an identity.
   *
   * @default not checked
   */
  identity?: Identity | null | undefined;
  /**
   * The dimension that you expect. If the store has another one, `open` throws
   * `DIMENSION_MISMATCH`.
   *
   * @default not checked
   */
  dimension?: number | undefined;
  /**
   * Opens the store even if the identities differ. The next save stores yours, if you gave one.
   *
   * @default false
   */
  allowMismatch?: boolean | undefined;
  /** As in {@link FaissStoreOptions}. The next save stores it. @default the saved value */
  oversample?: number | undefined;
  /** As in {@link FaissStoreOptions}. The next save stores it. @default the saved value */
  nprobe?: number | undefined;
  /** As in {@link FaissStoreOptions}. The next save stores it. @default the saved value */
  efSearch?: number | undefined;
}

export interface SaveOptions {
  /**
   * `true` replaces whatever the folder contains, even what another writer has saved since, or a
   * damaged store. `false` replaces only what this store was opened from or has saved there: if two
   * stores find a folder empty, the second one to save gets `STORE_CHANGED`.
   *
   * @default `false` for a folder that this store was opened from or saved to; any other folder is
   * overwritten, unless it contains a store whose manifest is damaged, or one with items and this
   * store is empty
   */
  overwrite?: boolean | undefined;
  /** How many milliseconds to wait for another writer. @default 10_000 */
  lockTimeout?: number | undefined;
}

/** Options of `upsert` and `delete`. */
export interface ChangeOptions extends SaveOptions {
  /**
   * A folder to save to as part of the change: a path, in which a leading `~` is the home folder,
   * or a `file:` URL. If the save fails, nothing has changed, neither in memory nor in the folder.
   * Later calls wait for the save. Here, `overwrite` is false by default: a store that was neither
   * opened from the folder nor saved to it replaces no other one there, and one that was saves
   * nothing to a folder that was removed meanwhile (`STORE_CHANGED`).
   *
   * @default the change is in memory only
   */
  saveTo?: string | URL | undefined;
}

/** Options of {@link FaissStore.upsert}. */
export interface UpsertOptions extends ChangeOptions {
  /**
   * What to do with ids that the store has already: `"replace"` replaces their items, `"error"`
   * refuses the call (`INVALID_ARGUMENT`).
   *
   * @default "replace"
   */
  existingIds?: "replace" | "error" | undefined;
}
