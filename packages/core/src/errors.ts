export { isError, reasonOf, sentenceOf, show } from "@embeddinggemma/internal";

const marker = Symbol.for("embeddinggemma.core.error");

/**
 * What went wrong. The codes are stable across releases:
 *
 * - `INVALID_ARGUMENT`: an argument or option is invalid, in general or for this model.
 * - `UNKNOWN_PROMPT`: the model has no prompt with that name.
 * - `UNTRAINED_DIMENSION`: the model was not trained for that `truncateDim`.
 * - `INPUT_TOO_LONG`: a text is longer than `maxTokens` and `truncation` is `"error"`.
 * - `MODEL_NOT_FOUND`: there is no local folder and no Hub repository or revision with that name,
 *   or it is not in the cache and downloads are disabled.
 * - `MODEL_FILE_MISSING`: the model lacks a file that it needs.
 * - `MODEL_FILE_INVALID`: a file of the model cannot be read or has invalid content.
 * - `MODEL_NOT_DESCRIBED`: the files do not say how the model turns tokens into a vector, or they
 *   ask for something that is not supported.
 * - `MODEL_INCOMPLETE`: the ONNX graph does not fit the description of the model, such as when it
 *   lacks Dense layers, so its vectors would be wrong.
 * - `UNSUPPORTED_DTYPE`: the model gives wrong vectors with that dtype, or with it on that device.
 * - `DOWNLOAD_FAILED`: a file could not be downloaded or written to disk.
 * - `LOAD_FAILED`: the runtime could not load the model.
 * - `INFERENCE_FAILED`: the runtime failed on a batch, or returned numbers that are not finite.
 * - `WORKER_FAILED`: the child process that runs the model ended, and so did its replacement.
 * - `SERVER_FAILED`: a server of `Embedder.connect` could not be reached, refused a request, or
 *   gave an answer that cannot be used.
 * - `MODEL_CHANGED`: a server of `Embedder.connect` has another model than before, or than the
 *   other servers.
 * - `ADAPTER_INVALID`: a folder or file of an adapter is damaged, or is no adapter.
 * - `ADAPTER_MISMATCH`: an adapter was made for another model, or for vectors of another length.
 * - `CACHE_FAILED`: the vector cache, or the cache of models, could not be opened, read or written.
 * - `DATA_INVALID`: a data file or a data set for evaluation or training is wrong.
 * - `TRAINING_FAILED`: numbers became not finite while an adapter was trained.
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
  | "SERVER_FAILED"
  | "MODEL_CHANGED"
  | "ADAPTER_INVALID"
  | "ADAPTER_MISMATCH"
  | "CACHE_FAILED"
  | "DATA_INVALID"
  | "TRAINING_FAILED"
  | "DISPOSED";

/**
 * The error class of this package. It throws no other errors, except for the reason of an aborted
 * `signal`, which is thrown as it is.
 *
 * Check with {@link EmbeddingGemmaError.isInstance}, which works even if several copies of the
 * package are installed.
 */
export class EmbeddingGemmaError extends Error {
  override readonly name = "EmbeddingGemmaError";
  readonly code: EmbeddingGemmaErrorCode;
  /**
   * What was given and what was expected. The fields depend on `code`. If there is a `reason`, it
   * is the message without the advice, for programs that give their own.
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

/** The same error with one more sentence. */
export function withAdvice(error: EmbeddingGemmaError, advice: string): EmbeddingGemmaError {
  const { code, message, details } = error;
  const cause = error.cause ?? error;
  return new EmbeddingGemmaError(code, `${message} ${advice}`, details, { cause });
}
