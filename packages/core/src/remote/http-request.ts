import { sentenceOf } from "../errors.ts";
import { causeOf } from "../files/fetch-policy.ts";
import { messageOf, tooLongIn } from "./error-body.ts";
import { retryAfterOf } from "./retry-delay.ts";
import { type FailureKind, ServerFailure } from "./server-failure.ts";

/** How requests are sent. */
export interface Connection {
  readonly fetch: typeof fetch;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for a request, its answer included. */
  readonly timeout: number;
}

export interface WireRequest {
  /** Path below the base URL, such as `/embed`. */
  readonly path: string;
  /** Sent as JSON with POST. Without it, the request is a GET. */
  readonly body?: object | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WireAnswer {
  /** Base URL of the server. */
  readonly url: string;
  readonly body: unknown;
  readonly headers: Headers;
}

/**
 * Sends one request and reads its answer as JSON.
 *
 * @throws ServerFailure; the reason of `signal`
 */
export async function sendRequest(
  baseUrl: string,
  { path, body, signal }: WireRequest,
  { fetch, headers, timeout }: Connection,
): Promise<WireAnswer> {
  const url = urlOf(baseUrl, path);
  const timer = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(url, {
      ...(body && { method: "POST", body: JSON.stringify(body) }),
      headers: { accept: "application/json", ...(body && contentType), ...headers },
      signal: signal ? AbortSignal.any([signal, timer]) : timer,
    });
    const text = await response.text();
    if (!response.ok) throw refusal(url, response, text, headers);
    return { url: baseUrl, body: parse(url, text, response), headers: response.headers };
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof ServerFailure) throw cause;
    const reason = timer.aborted ? `no answer within ${timeout / 1000} s` : causeOf(cause);
    const isBlocked = reason === blockedPort;
    const why = isBlocked ? "`fetch` blocks its port, as browsers do" : reason;
    const advice = isBlocked ? "Use another one." : `Check the URL and the network.${corsFor(why)}`;
    throw new ServerFailure(
      `${url} could not be reached: ${sentenceOf(why)}`,
      { kind: isBlocked ? "leave" : "retry", url, isAddressDown: true, advice },
      { cause },
    );
  }
}

/** What a page can also be missing: browsers do not say why a request failed. */
function corsFor(reason: string): string {
  if (!/^(failed to fetch|networkerror when|load failed)/i.test(reason)) return "";
  const origin = globalThis.location?.origin ?? "<the origin of the page>";
  return (
    " The server must also allow the page (CORS): start that of `@embeddinggemma/server` with " +
    `\`--cors-allow-origin ${origin}\`.`
  );
}

/** How Node.js names a port on the list of the Fetch standard. */
const blockedPort = "bad port";

const contentType = { "content-type": "application/json" };

/** Adds a path to a base URL, and keeps its query, which some gateways need. */
function urlOf(baseUrl: string, path: string): string {
  const url = new URL(baseUrl);
  url.pathname = url.pathname.replace(/\/+$/, "") + path;
  return url.href;
}

function parse(url: string, text: string, { status, headers }: Response): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const type = headers.get("content-type") ?? "no content type";
    const message = messageOf(text)?.slice(0, 100) ?? "an empty body";
    throw new ServerFailure(
      `${url} answered with ${type} instead of JSON: ${sentenceOf(message)}`,
      { kind: "retry", url, status, advice: "Check the URL." },
      { cause },
    );
  }
}

function refusal(
  url: string,
  { status, statusText, headers }: Response,
  text: string,
  sent: Connection["headers"],
) {
  const message = messageOf(text);
  const answer = [`${url} answered with ${status}`, statusText].filter(Boolean).join(" ");
  const isOverQuota = status === 429 && text.includes("insufficient_quota");
  const kind = isOverQuota ? "stop" : kindOf(status);
  const retryAfter = retryAfterOf(headers);
  return new ServerFailure(message ? `${answer}: ${sentenceOf(message)}` : `${answer}.`, {
    kind,
    url,
    status,
    advice: status === 401 && sent.authorization ? refusedKey : adviceFor[status],
    retryAfter,
    // Without a time to wait, only this request was one too many.
    isAddressDown: downStatuses.includes(status) || (status === 429 && retryAfter !== undefined),
    // A body that is too large says nothing more.
    tooLong: kind === "split" ? (tooLongIn(text) ?? (status === 413 ? {} : undefined)) : undefined,
  });
}

const refusedKey = "The server refuses the key that the option `apiKey` gave.";

const adviceFor: Readonly<Record<number, string>> = {
  401: "Set the option `apiKey` to the key of the server.",
  403: "Check the option `apiKey`.",
  404: "Check the URL, and the option `model`.",
};

/** Starting, stopping, or a proxy without the server behind it. */
const downStatuses = [408, 502, 503, 504];

/** Not implemented; HTTP version; too many redirects by a proxy: the next try gets the same. */
const lastingStatuses = [501, 505, 506, 508, 510, 511];

function kindOf(status: number): FailureKind {
  if ([400, 413, 422].includes(status)) return "split";
  const isTemporary = status >= 500 || [408, 409, 425, 429].includes(status);
  return isTemporary && !lastingStatuses.includes(status) ? "retry" : "stop";
}
