import { untilAborted } from "@embeddinggemma/internal";
import { EmbeddingGemmaError, isError, reasonOf, sentenceOf } from "../errors.ts";

/**
 * Decides which failed requests are retried, when, and what the final error says. Shared by Node
 * and browsers.
 */

/** A failure that is likely temporary: the request is worth a retry. */
export class TransientFailure extends Error {
  /** Milliseconds to wait, if the server asks for it. */
  readonly retryAfter: number | undefined;
  readonly status: number | undefined;
  /** Whether this attempt received more of the file than every attempt before it. */
  madeProgress = false;

  constructor(
    message: string,
    options: ErrorOptions & { retryAfter?: number | undefined; status?: number } = {},
  ) {
    super(message, options);
    this.retryAfter = options.retryAfter;
    this.status = options.status;
  }
}

export interface RetryOptions {
  signal?: AbortSignal | undefined;
  /**
   * How many attempts in a row may fail without progress.
   *
   * @default 4
   */
  attempts?: number | undefined;
  /** What the user can do, as the last part of the error message. */
  advice: string;
}

const firstDelay = 500;
const maxDelay = 10_000;

/**
 * Retries an attempt that fails with a {@link TransientFailure}, with increasing delays.
 *
 * @throws `DOWNLOAD_FAILED`; the reason of `signal`
 */
export async function withRetries<T>(
  url: string,
  { signal, attempts = 4, advice }: RetryOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  let failures = 0;
  for (let count = 1; ; count++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TransientFailure)) throw error;
      failures = error.madeProgress ? 0 : failures + 1;
      if (failures >= attempts) {
        const reason = `Could not download ${url} in ${attemptCount(count)}: ${sentenceOf(error)}`;
        throw new EmbeddingGemmaError(
          "DOWNLOAD_FAILED",
          `${reason} ${advice}`,
          { url, attempts: count, status: error.status, reason },
          { cause: error },
        );
      }
      const backoff = firstDelay * 2 ** Math.max(failures - 1, 0);
      await delay(Math.min(error.retryAfter ?? backoff, maxDelay), signal);
    }
  }
}

function attemptCount(count: number): string {
  return count === 1 ? "1 attempt" : `${count} attempts`;
}

/**
 * The error for a response without the file, temporary where `huggingface_hub` would also retry. A
 * caller to which a 404 means "no such file" has to check that first.
 *
 * @param deniedAdvice - what the user can do if access is denied
 */
export function responseError(
  url: string,
  response: Response,
  deniedAdvice: string,
): TransientFailure | EmbeddingGemmaError {
  const { status, headers } = response;
  const answer = `responded with ${statusOf(response)}`;
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = numberOf(headers.get("retry-after"));
    return new TransientFailure(`the server ${answer}`, {
      status,
      retryAfter: seconds === null ? undefined : seconds * 1000,
    });
  }
  const isDenied = status === 401 || status === 403;
  const reason = `${url} ${answer}${status === 404 ? foreign404 : "."}`;
  const advice = status === 404 ? foreign404Advice : deniedAdvice;
  return new EmbeddingGemmaError(
    "DOWNLOAD_FAILED",
    status === 404 || isDenied ? `${reason} ${advice}` : reason,
    { url, status, reason },
  );
}

/** Such as `404 Not Found`; over HTTP/2, which has no names for it, `404`. */
export function statusOf({ status, statusText }: Response): string {
  return `${status} ${statusText}`.trimEnd();
}

const foreign404 = ", but not as the Hub reports a missing file.";
const foreign404Advice =
  "Check the proxy and the URL of the Hub or mirror (the option `endpoint`, or HF_ENDPOINT).";

/**
 * The header with an access token. `fetch` would refuse an invalid one with an error that looks
 * like that of a broken connection, which is retried.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function authorizationOf(token: string | undefined): { authorization?: string } {
  if (!token) return {};
  if (/^[\x21-\x7e]+$/.test(token)) return { authorization: `Bearer ${token}` };
  const reason = "The access token has spaces, line breaks or other characters that no token has.";
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `${reason} Check the option \`token\`, or the environment variable HF_TOKEN.`,
    { option: "token", reason },
  );
}

/** Aborts a request if the server sends nothing for a while. */
export class IdleTimeout {
  /** Pass it to `fetch`. Aborts on the timeout and on the caller's signal. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();

  constructor(signal: AbortSignal | undefined) {
    this.signal = signal
      ? AbortSignal.any([signal, this.#controller.signal])
      : this.#controller.signal;
  }

  /** Waits for the next part of the response. @throws TransientFailure */
  async wait<T>(next: () => Promise<T>): Promise<T> {
    const timeout = idleMilliseconds();
    const timer = setTimeout(
      () => this.#controller.abort(new TransientFailure(`no data for ${timeout / 1000} s`)),
      timeout,
    );
    try {
      return await next();
    } catch (cause) {
      throw cause instanceof TransientFailure
        ? cause
        : new TransientFailure(causeOf(cause), { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * Reads a body in chunks.
 *
 * @throws TransientFailure if the connection breaks or stalls
 */
export async function* chunksOf(
  { body }: Response,
  idle: IdleTimeout,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const reader = body?.getReader();
  try {
    for (;;) {
      const chunk = await idle.wait(async () => reader?.read());
      if (!chunk || chunk.done) return;
      yield chunk.value;
    }
  } finally {
    // The consumer may stop early.
    await reader?.cancel().catch(() => {});
  }
}

/** The value of a header that is a whole number, else null. */
export function numberOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

/** The variable and its default are the same as in `huggingface_hub`. */
function idleMilliseconds(): number {
  return (Number(globalThis.process?.env?.HF_HUB_DOWNLOAD_TIMEOUT) || 10) * 1000;
}

/** The message of `fetch` is only "fetch failed" or "terminated"; the reason is in its cause. */
export function causeOf(error: unknown): string {
  return reasonOf(isError(error) && isError(error.cause) ? error.cause : error);
}

/**
 * Waits.
 *
 * @throws the reason of `signal`
 */
export async function delay(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = () =>
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
  try {
    await untilAborted(signal, elapsed);
  } finally {
    clearTimeout(timer);
  }
}
