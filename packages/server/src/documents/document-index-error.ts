const marker = Symbol.for("embeddinggemma.server.document-index-error");

/**
 * - `READ_ONLY`: the index was opened with `readOnly`, or the documents in its folder are not those
 *   of this package.
 * - `TOO_MANY_PENDING`: too many documents wait for `index` or `upsert`.
 * - `OTHER_WRITER`: another program saves documents to the same folder.
 * - `STORE_REMOVED`: the store in the folder was removed after it was opened.
 * - `STORE_REPLACED`: another store, with vectors of another model or length, has taken its place.
 * - `CLOSED`: the index is used after `close`.
 */
export type DocumentIndexErrorCode =
  | "READ_ONLY"
  | "TOO_MANY_PENDING"
  | "OTHER_WRITER"
  | "STORE_REMOVED"
  | "STORE_REPLACED"
  | "CLOSED";

/** A change of a {@link DocumentIndex} that is refused. */
export class DocumentIndexError extends Error {
  override readonly name = "DocumentIndexError";
  readonly code: DocumentIndexErrorCode;

  constructor(code: DocumentIndexErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  static isInstance(value: unknown): value is DocumentIndexError {
    return typeof value === "object" && value !== null && marker in value;
  }
}
