import type { Context } from "hono";
import { DocumentIndexError } from "../documents/document-index-error.ts";
import { RequestError, refusalOf } from "../http/request-error.ts";

/** A request that is refused, in the form of FastAPI. */
export class TxtaiError extends RequestError {
  readonly detail: unknown;

  constructor(status: RequestError["status"], detail: unknown, param: string | null = null) {
    super("Validation", JSON.stringify(detail), { status, param });
    this.detail = detail;
  }
}

const indexStatuses = {
  READ_ONLY: 403,
  TOO_MANY_PENDING: 413,
  OTHER_WRITER: 409,
  STORE_REMOVED: 409,
  STORE_REPLACED: 409,
  CLOSED: 500,
} as const;

export function answerError(error: Error, context: Context): Response {
  if (error instanceof TxtaiError) return context.json({ detail: error.detail }, error.status);
  if (DocumentIndexError.isInstance(error))
    return context.json({ detail: error.message }, indexStatuses[error.code]);
  // The error is about the folder, and is for the log.
  if (error.name === "FaissStoreError") return context.json({ detail: storeFailed }, 500);
  const { message, status } = refusalOf(error, context);
  return context.json({ detail: message }, status);
}

const storeFailed =
  "The store of documents cannot be read or saved; the log of the server says why. Documents " +
  "that you have added still wait: do not add them again.";
