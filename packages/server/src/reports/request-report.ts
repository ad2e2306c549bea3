import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { InputStatistics } from "../embed-inputs.ts";
import { type MisspeltField, misspeltIn } from "../http/misspelt-fields.ts";
import { type ErrorType, requestErrorOf } from "../http/request-error.ts";

/** What came of a request. Texts and keys are not in it. */
export interface RequestReport {
  readonly method: string;
  /** The pattern of the route, such as `/embed`; null if there is none for the path. */
  readonly route: string | null;
  /**
   * 499 if the client went away before the answer; 503 if `close` of the server closed the
   * connection before it, after `shutdownTimeout`.
   */
  readonly status: number;
  /** Milliseconds from the headers of the request to those of the answer. */
  readonly duration: number;
  /** Number of inputs, if the request was read so far. */
  readonly inputs: number | undefined;
  /** Length of vectors that the request asked for, if it did. */
  readonly dimensions: number | undefined;
  /** Fields of the request that have no effect, and seem to be misspelt. */
  readonly misspelt: readonly MisspeltField[];
  /**
   * Ids of documents that were longer than the model reads at once, so that only their beginnings
   * are found; null for a document without an id of its own.
   */
  readonly truncated: readonly (string | number | null)[];
  /** What embedding took, if it was done. */
  readonly statistics: InputStatistics | undefined;
  /**
   * Kind of the failure, as Text Embeddings Inference names it: `Validation` (the request is
   * wrong), `Empty` (it has no inputs), `Overloaded`, or `Backend` (the server failed). null for
   * success, for a client that went away, and where the status says it all: 401, and unknown paths.
   */
  readonly errorType: ErrorType | null;
  /** The field of the request that is at fault, if it is known. */
  readonly param: string | null;
  /** What failed in the server: the embedder (status 424), or what nobody expected (500). */
  readonly error: unknown;
}

/** What a server tells the app of its connections, as `connections` of Hono's bindings. */
export interface ConnectionState {
  /** Whether the server has closed the connections of all requests that still run. */
  readonly isCut: boolean;
}

/** nginx's status for a client that closed the connection. */
const clientWentAway = 499;

const unavailable = 503;

/** Tells `onReport` what came of each request. */
export function reportRequests(onReport: (report: RequestReport) => void): MiddlewareHandler {
  return async (context, next) => {
    const startedAt = performance.now();
    try {
      await next();
    } catch (error) {
      if (!context.req.raw.signal.aborted) throw error;
      // Nobody waits for an answer.
      context.res = new Response(null, { status: clientWentAway });
    } finally {
      onReport(reportOf(context, performance.now() - startedAt));
    }
  };
}

/** Notes how many inputs a request has, and the length of vectors it asks for, for its report. */
export function noteInputs(context: Context, count: number, dimensions?: number | null): void {
  context.set("inputs", count);
  if (dimensions) context.set("dimensions", dimensions);
}

/** Notes what a request took, for its report. */
export function noteStatistics(context: Context, statistics: InputStatistics): void {
  context.set("statistics", statistics);
}

/** Notes a document that is longer than the model reads, for the report of its request. */
export function noteTruncated(context: Context, id: string | number | undefined): void {
  const truncated: (string | number | null)[] = context.get("truncated") ?? [];
  truncated.push(id ?? null);
  context.set("truncated", truncated);
}

/** Whether a request was answered with vectors. */
export function hasStatistics(context: Context): boolean {
  return context.get("statistics") !== undefined;
}

/** What is known of a request after its answer. */
export function reportOf(context: Context, duration: number): RequestReport {
  const { error, req, res } = context;
  const { connections } = Object(context.env) as { connections?: ConnectionState };
  const isCut = connections?.isCut === true;
  const isAborted = isCut || req.raw.signal.aborted;
  const hasFailed = res.status >= 500;
  const refusal = isAborted ? undefined : requestErrorOf(error);
  const errorType = refusal?.type ?? (hasFailed ? "Backend" : "Validation");
  const isEmbedderError = refusal?.type === "Backend" && refusal !== error;
  // Middleware has the path "/*"; it can come after the route of `/health`.
  const route = matchedRoutes(context).findLast(({ path }) => !path.endsWith("*"));
  return {
    method: req.method,
    route: route?.path ?? null,
    status: isCut ? unavailable : isAborted ? clientWentAway : res.status,
    duration,
    inputs: context.get("inputs"),
    dimensions: context.get("dimensions"),
    misspelt: misspeltIn(context),
    truncated: context.get("truncated") ?? [],
    statistics: context.get("statistics"),
    errorType: isCut ? "Backend" : isAborted || !error ? null : errorType,
    param: refusal?.param ?? null,
    error: !isAborted && (hasFailed || isEmbedderError) ? error : undefined,
  };
}
