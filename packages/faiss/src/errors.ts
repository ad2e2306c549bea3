import { reasonOf } from "@embeddinggemma/internal";

export { reasonOf, show } from "@embeddinggemma/internal";

const marker = Symbol.for("embeddinggemma.faiss.error");

/**
 * What went wrong, stable across releases:
 *
 * - `INVALID_ARGUMENT`: an argument or an option is unknown or cannot be used.
 * - `INVALID_VECTOR`: a vector has a value that is not a finite number, or only zeros.
 * - `DIMENSION_MISMATCH`: a vector has another length than those of the store.
 * - `INVALID_RECORD`: a record has a value that JSON cannot represent.
 * - `ENGINE_UNAVAILABLE`: `engine: "faiss"` was given, and `faiss-node` does not load.
 * - `ENGINE_FAILED`: FAISS refused an operation, or its process died.
 * - `NOT_A_STORE`: the folder or file is not what it should be.
 * - `NEWER_FORMAT`: the store was written by a later release.
 * - `FILE_MISSING`, `FILE_DAMAGED`: a file that the store needs is gone, or is not the one that was
 *   saved.
 * - `IDENTITY_MISMATCH`: the store was made with another embedding.
 * - `STORE_LOCKED`: another writer is saving to the folder.
 * - `STORE_CHANGED`: another writer has saved to the folder since this store was opened or saved
 *   there, or before it ever was.
 * - `SAVE_FAILED`, `READ_FAILED`: the file system refused; `cause` says why.
 * - `UNSAFE_FILE`: a foreign file asks for code to be run, or would expand to far more than its
 *   size.
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

/**
 * Every error that this package throws. What your own `filter` throws is not wrapped.
 *
 * Test with {@link FaissStoreError.isInstance}, which also holds when two copies of the package are
 * installed.
 */
export class FaissStoreError extends Error {
  override readonly name = "FaissStoreError";
  readonly code: FaissStoreErrorCode;
  /**
   * What was given and what would have been right, by name; which fields there are depends on
   * `code`.
   */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: FaissStoreErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
    Object.defineProperty(this, marker, { value: true });
  }

  static isInstance(value: unknown): value is FaissStoreError {
    return typeof value === "object" && value !== null && marker in value;
  }
}

/** That the file system refused to read a file. */
export function readFailed(path: string, cause: unknown): FaissStoreError {
  return new FaissStoreError(
    "READ_FAILED",
    `${path} could not be read: ${reasonOf(cause)}.`,
    { path },
    { cause },
  );
}
