import { EmbeddingGemmaError } from "@embeddinggemma/core";
import type { Context } from "hono";

/** Kinds of errors, as Text Embeddings Inference names them. */
export type ErrorType = "Backend" | "Empty" | "Overloaded" | "Validation";

/** Not 503: clients of Hugging Face repeat a request at once after it, without limit. */
type ErrorStatus = 400 | 401 | 403 | 404 | 413 | 415 | 422 | 424 | 429 | 500;

const statuses: Readonly<Record<ErrorType, ErrorStatus>> = {
  Backend: 424,
  Empty: 400,
  Overloaded: 429,
  Validation: 422,
};

/** A request that cannot be answered. */
export class RequestError extends Error {
  readonly type: ErrorType;
  readonly status: ErrorStatus;
  /** The field of the request that is at fault. */
  readonly param: string | null;

  constructor(
    type: ErrorType,
    message: string,
    { status = statuses[type], param = null }: { status?: ErrorStatus; param?: string | null } = {},
  ) {
    super(message);
    this.type = type;
    this.status = status;
    this.param = param;
  }
}

/** A body that is no JSON of the right form: TEI answers these with plain text. */
export class BodyError extends RequestError {
  constructor(status: ErrorStatus, message: string, param: string | null = null) {
    super("Validation", message, { status, param });
  }
}

/** The answer to an error of the embedder. */
export function requestErrorOf(error: unknown): RequestError | undefined {
  if (error instanceof RequestError) return error;
  if (!EmbeddingGemmaError.isInstance(error)) return undefined;
  const { code, details, message } = error;
  if (code === "INPUT_TOO_LONG") {
    const { maxTokens, tokens, index } = details;
    const which = index ? ` (index ${index})` : "";
    return new RequestError(
      "Validation",
      `Input validation error: \`inputs\` must have less than ${maxTokens} tokens. ` +
        `Given: ${tokens}${which}`,
    );
  }
  return new RequestError(code === "INVALID_ARGUMENT" ? "Validation" : "Backend", message);
}

/**
 * The error that a request is answered with. What is too much now may be sent again after a second.
 *
 * @throws the error if it is not expected
 */
export function refusalOf(error: unknown, context: Context): RequestError {
  const refused = requestErrorOf(error);
  if (!refused) throw error;
  if (refused.type === "Overloaded") context.header("retry-after", "1");
  return refused;
}
