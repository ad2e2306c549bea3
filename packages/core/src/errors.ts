export { reasonOf, show } from "@embeddinggemma/internal";

const marker = Symbol.for("embeddinggemma.core.error");

/**
 * What went wrong, stable across releases:
 *
 * - `INVALID_ARGUMENT`: an argument or an option is not usable, alone or with this model.
 * - `UNKNOWN_PROMPT`: the model has no prompt of that name.
 * - `UNTRAINED_DIMENSION`: the model was not trained for that `truncateDim`.
 * - `INPUT_TOO_LONG`: a text exceeds `maxTokens` and `truncation` is `"error"`.
 * - `MODEL_NOT_FOUND`: neither a local folder nor a reachable repository holds the model.
 * - `MODEL_FILE_MISSING`: the model is there, a file that it needs is not.
 * - `MODEL_FILE_INVALID`: a file of the model cannot be read.
 * - `MODEL_NOT_DESCRIBED`: the files do not say how the model turns tokens into a vector.
 * - `MODEL_INCOMPLETE`: the graph lacks layers that the description names, so its vectors would be
 *   wrong.
 * - `UNSUPPORTED_DTYPE`: the model gives wrong vectors in that dtype, or in it on that device.
 * - `DOWNLOAD_FAILED`: a file could not be fetched, or not be written.
 * - `LOAD_FAILED`: the runtime could not load the model.
 * - `INFERENCE_FAILED`: the runtime failed on a batch, or gave numbers that are not finite.
 * - `WORKER_FAILED`: the worker of the model ended.
 * - `CACHE_FAILED`: the vector cache could not be opened, read or written.
 * - `DISPOSED`: the embedder was used after `dispose()`.
 */
export type EmbeddingGemmaErrorCode =
  | "INVALID_ARGUMENT"
  | "UNKNOWN_PROMPT"
  | "UNTRAINED_DIMENSION"
  | "INPUT_TOO_LONG"
  | "MODEL_NOT_FOUND"
  | "MODEL_FILE_MISSING"
  | "MODEL_FILE_INVALID"
  | "MODEL_NOT_DESCRIBED"
  | "MODEL_INCOMPLETE"
  | "UNSUPPORTED_DTYPE"
  | "DOWNLOAD_FAILED"
  | "LOAD_FAILED"
  | "INFERENCE_FAILED"
  | "WORKER_FAILED"
  | "CACHE_FAILED"
  | "DISPOSED";

/**
 * Every error that this package throws, except for the reason of an aborted `signal`, which is
 * thrown as it is.
 *
 * Test with {@link EmbeddingGemmaError.isInstance}, which also holds when two copies of the package
 * are installed.
 */
export class EmbeddingGemmaError extends Error {
  override readonly name = "EmbeddingGemmaError";
  readonly code: EmbeddingGemmaErrorCode;
  /**
   * What was given and what would have been right, by name; which fields there are depends on
   * `code`.
   */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: EmbeddingGemmaErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
    Object.defineProperty(this, marker, { value: true });
  }

  static isInstance(value: unknown): value is EmbeddingGemmaError {
    return typeof value === "object" && value !== null && marker in value;
  }
}
