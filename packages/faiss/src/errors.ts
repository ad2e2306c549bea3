import { sentenceOf } from "@embeddinggemma/internal";

export { reasonOf, sentenceOf, show } from "@embeddinggemma/internal";

const marker = Symbol.for("embeddinggemma.faiss.error");

/**
 * What went wrong. Codes stay the same across releases.
 *
 * - `INVALID_ARGUMENT`: an argument or option is unknown, or its value is not allowed; an id occurs
 *   twice in a call; a filter throws.
 * - `INVALID_VECTOR`: a vector has a value that is not a finite number, or only zeros; an imported
 *   vector is not a unit vector.
 * - `DIMENSION_MISMATCH`: a vector, or the opened store, has another length than expected.
 * - `INVALID_RECORD`: a record has a value that would not come back as it went in, or an imported
 *   one has an object of an unknown Python class.
 * - `ENGINE_UNAVAILABLE`: `engine: "faiss"` was given, but `faiss-node` does not load; or the store
 *   is used in a browser.
 * - `ENGINE_FAILED`: FAISS reported an error, or its process died.
 * - `NOT_A_STORE`: the folder or file does not contain what was expected.
 * - `NEWER_FORMAT`: a later release saved the store.
 * - `FILE_MISSING`, `FILE_DAMAGED`: a file of the store is gone, or is not as it was saved.
 * - `IDENTITY_MISMATCH`: another embedding made the vectors of the store, or an unknown one would
 *   use it.
 * - `STORE_LOCKED`: another writer is saving to the folder.
 * - `STORE_CHANGED`: another writer has saved to the folder since this store was opened or saved
 *   there; or the folder contains another store, and this one is empty or `overwrite: false` was
 *   given.
 * - `SAVE_FAILED`, `READ_FAILED`: the file system reported an error; see `cause`.
 * - `UNSAFE_FILE`: an imported file wants to run code, or would expand to far more than its size.
 * - `CLOSED`: the store was used after `close()`.
 */
export type FaissStoreErrorCode =
  | "INVALID_ARGUMENT"
  | "INVALID_VECTOR"
  | "DIMENSION_MISMATCH"
  | "INVALID_RECORD"
  | "ENGINE_UNAVAILABLE"
  | "ENGINE_FAILED"
  | "NOT_A_STORE"
  | "NEWER_FORMAT"
  | "FILE_MISSING"
  | "FILE_DAMAGED"
  | "IDENTITY_MISMATCH"
  | "STORE_LOCKED"
  | "STORE_CHANGED"
  | "SAVE_FAILED"
  | "READ_FAILED"
  | "UNSAFE_FILE"
  | "CLOSED";

/** What an error tells a program. */
export interface FaissStoreErrorDetails extends Readonly<Record<string, unknown>> {
  /** With `IDENTITY_MISMATCH`: what differs, as far as the identities can be taken apart. */
  readonly differences?: readonly IdentityDifference[];
}

/** In what the identity of a store differs from that of an embedding, or of another store. */
export interface IdentityDifference {
  /** The key in the identities; empty for the model, which is before the `?`. */
  readonly key: string;
  /** The key in words, such as `the model`. */
  readonly name: string;
  /** The value of the store; undefined if it has none. */
  readonly stored: string | undefined;
  /** The other value; undefined if there is none. */
  readonly given: string | undefined;
}

/**
 * All errors of this package. The error of a `filter` that throws is the `cause`, unless it is one
 * of these. Errors of your own `toRecord` and `toDocument` are thrown unchanged.
 *
 * Check for it with {@link FaissStoreError.isInstance}, which works even if two copies of the
 * package are installed.
 *
 * @example
 * try {
 *   await store.save("planets");
 * } catch (error) {
 *   if (!FaissStoreError.isInstance(error) || error.code !== "STORE_CHANGED") throw error;
 * }
 */
export class FaissStoreError extends Error {
  override readonly name = "FaissStoreError";
  readonly code: FaissStoreErrorCode;
  /** What was given and what was expected, for example. The fields depend on `code`. */
  readonly details: FaissStoreErrorDetails;

  constructor(
    code: FaissStoreErrorCode,
    message: string,
    details: FaissStoreErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Whether a value is an error of this package. */
  static isInstance(value: unknown): value is FaissStoreError {
    return typeof value === "object" && value !== null && marker in value;
  }
}

/** The error for a file that the file system cannot read. */
export function readFailed(path: string, cause: unknown): FaissStoreError {
  return new FaissStoreError(
    "READ_FAILED",
    `${path} could not be read: ${sentenceOf(cause)}`,
    { path },
    { cause },
  );
}
