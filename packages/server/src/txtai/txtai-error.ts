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
  CLOSED: 500,
} as const;

export function answerError(error: Error, context: Context): Response {
  if (error instanceof TxtaiError) return context.json({ detail: error.detail }, error.status);
  if (DocumentIndexError.isInstance(error))
    return context.json({ detail: error.message }, indexStatuses[error.code]);
  const { message, status } = refusalOf(error, context);
  return context.json({ detail: message }, status);
}
