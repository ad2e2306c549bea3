import { EmbeddingGemmaError, reasonOf } from "../errors.ts";

/**
 * When a request for a file has failed for good, when it is tried again, and what is said then; the
 * same in Node and in browsers.
 */

/** A failure that may pass. */
export class TransientFailure extends Error {
  readonly retryAfter: number | undefined;
  readonly status: number | undefined;
  /** Whether more of the file came than ever before. */
  progressed = false;

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
   * How often in a row a failure that may pass is tried, unless more of the file has come.
   *
   * @default 4
   */
  attempts?: number | undefined;
  /** What the reader of the error may do. */
  remedy: string;
}

const firstDelay = 500;
const longestDelay = 10_000;

/**
 * Tries again what failed in passing.
 *
 * @throws `DOWNLOAD_FAILED`; the reason of `signal`
 */
export async function retrying<T>(
  url: string,
  { signal, attempts = 4, remedy }: RetryOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  let inVain = 0;
  for (let count = 1; ; count++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TransientFailure)) throw error;
      inVain = error.progressed ? 0 : inVain + 1;
      if (inVain >= attempts) {
        throw new EmbeddingGemmaError(
          "DOWNLOAD_FAILED",
          `${url} could not be had in ${count} attempts: ${error.message}. ${remedy}`,
          { url, attempts: count, status: error.status },
          { cause: error },
        );
      }
      await delay(
        Math.min(error.retryAfter ?? firstDelay * 2 ** Math.max(inVain - 1, 0), longestDelay),
        signal,
      );
    }
  }
}

/**
 * null for a file that is not there; throws for any other answer that is not the file.
 *
 * @param remedy - what to do where access is denied
 */
export function refusal(
  url: string,
  { status, statusText, headers }: Response,
  remedy: string,
): null {
  if (status === 404) return null;
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = numberOf(headers.get("retry-after"));
    throw new TransientFailure(`the server answered ${status} ${statusText}`, {
      status,
      retryAfter: seconds === null ? undefined : seconds * 1000,
    });
  }
  const denied = status === 401 || status === 403;
  throw new EmbeddingGemmaError(
    "DOWNLOAD_FAILED",
    `${url} answered ${status} ${statusText}.${denied ? ` ${remedy}` : ""}`,
    { url, status },
  );
}

/** Ends a request on which nothing comes any more. */
export class SilenceTimer {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();

  constructor(signal: AbortSignal | undefined) {
    this.signal = signal
      ? AbortSignal.any([signal, this.#controller.signal])
      : this.#controller.signal;
  }

  /** Waits for something to come. */
  async during<T>(coming: () => Promise<T>): Promise<T> {
    const silence = longestSilence();
    const timer = setTimeout(
      () => this.#controller.abort(new TransientFailure(`nothing came for ${silence / 1000} s`)),
      silence,
    );
    try {
      return await coming();
    } catch (cause) {
      throw cause instanceof TransientFailure
        ? cause
        : new TransientFailure(causeOf(cause), { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Chunks of an answer's body; what breaks it is a failure that may pass. */
export async function* chunksOf(
  { body }: Response,
  silence: SilenceTimer,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const reader = body?.getReader();
  try {
    for (;;) {
      const chunk = await silence.during(async () => reader?.read());
      if (!chunk || chunk.done) return;
      yield chunk.value;
    }
  } finally {
    // Where the reader of these chunks has given up, the rest need not come.
    await reader?.cancel().catch(() => {});
  }
}

/** A header that is a whole number. */
export function numberOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

/**
 * Milliseconds without a byte after which a connection counts as broken; the variable and its
 * default are those of `huggingface_hub`.
 */
function longestSilence(): number {
  return (Number(globalThis.process?.env?.HF_HUB_DOWNLOAD_TIMEOUT) || 10) * 1000;
}

/** `fetch` says only "fetch failed" or "terminated"; the reason is in the cause. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error
    ? error.cause.message
    : reasonOf(error);
}

function delay(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
