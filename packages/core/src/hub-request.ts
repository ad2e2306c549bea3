import { EmbeddingGemmaError, reasonOf } from "./errors.ts";

export interface RequestOptions {
  token?: string;
  signal?: AbortSignal;
  method?: "GET" | "HEAD";
  /** How often in a row a failure that may pass is tried, unless more of the file has come. @default 4 */
  attempts?: number;
}

const firstDelay = 500;
const longestDelay = 10_000;

/**
 * Asks for a file.
 *
 * @returns null where the server has no such file
 * @throws `DOWNLOAD_FAILED`
 */
export async function requestFile(url: string, options: RequestOptions): Promise<RemoteFile | null> {
  return retrying(url, options, () => request(url, options));
}

/** The server's answer, and what the Hub itself said of the file before it redirected to its storage. */
export interface RemoteFile {
  /** Chunks of the file, from {@link RemoteFile.start} on; what breaks it is a failure that may pass. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of what is left of `body`. */
  close(): Promise<void>;
  /** Bytes before the first of `body`. */
  readonly start: number;
  /** Commit that holds the file. */
  readonly commit: string | null;
  /** Bytes of the file. */
  readonly size: number | null;
  /** Known for large files only. */
  readonly sha256: string | null;
}

/** A failure that may pass. */
export class TransientFailure extends Error {
  readonly retryAfter: number | undefined;
  readonly status: number | undefined;
  /** Whether more of the file came than ever before. */
  progressed = false;

  constructor(message: string, options: ErrorOptions & { retryAfter?: number | undefined; status?: number } = {}) {
    super(message, options);
    this.retryAfter = options.retryAfter;
    this.status = options.status;
  }
}

/** Tries again what failed in passing. */
export async function retrying<T>(
  url: string,
  { signal, attempts = 4 }: RequestOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  let inVain = 0;
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TransientFailure)) throw error;
      inVain = error.progressed ? 0 : inVain + 1;
      if (inVain >= attempts) {
        throw new EmbeddingGemmaError(
          "DOWNLOAD_FAILED",
          `${url} could not be had in ${count} attempts: ${error.message}. ` +
            "Check the network and proxy, set HF_ENDPOINT to a mirror, or pass the path of a folder that has the model.",
          { url, attempts: count, status: error.status },
          { cause: error },
        );
      }
      await delay(Math.min(error.retryAfter ?? firstDelay * 2 ** Math.max(inVain - 1, 0), longestDelay), signal);
    }
  }
}

const mostRedirects = 5;

/**
 * Follows redirects itself, since the Hub describes a large file in the answer that redirects, and the token is for the Hub alone.
 *
 * @param from - bytes at the file's start that are not needed
 */
export async function request(url: string, options: RequestOptions, from = 0): Promise<RemoteFile | null> {
  const { token, signal, method = "GET" } = options;
  let target = new URL(url);
  let commit: string | null = null;
  let size: number | null = null;
  let sha256: string | null = null;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const headers: Record<string, string> = {
      "user-agent": "embeddinggemma-js",
      // What is compressed on the way has no content-length that could be checked.
      "accept-encoding": "identity",
      ...(from > 0 && { range: `bytes=${from}-` }),
      ...(token && target.origin === new URL(url).origin && { authorization: `Bearer ${token}` }),
    };
    const silence = new SilenceTimer(signal);
    const response = await fetch(target, { method, headers, redirect: "manual", signal: silence.signal }).catch(
      (cause: unknown) => {
        throw silence.failure(cause);
      },
    );
    silence.stop();
    commit ??= response.headers.get("x-repo-commit");
    size ??= numberOf(response.headers.get("x-linked-size"));
    sha256 ??= sha256Of(response.headers.get("x-linked-etag"));
    if (from > 0 && (response.status === 416 || (response.status === 206 && rangeStart(response.headers) !== from))) {
      await response.body?.cancel();
      return request(url, options);
    }
    if (response.ok) {
      return {
        body: bodyOf(response, silence),
        // Fails where the body is being read; whoever reads it lets go of it then.
        close: () => Promise.resolve(response.body?.cancel()).catch(() => {}),
        start: response.status === 206 ? from : 0,
        commit,
        size: size ?? sizeOf(response.headers),
        sha256,
      };
    }
    await response.body?.cancel();
    const location = response.headers.get("location");
    if (location === null || response.status < 300 || response.status >= 400) return refusal(url, response, token);
    target = new URL(location, target);
  }
  throw new EmbeddingGemmaError("DOWNLOAD_FAILED", `${url} redirects more than ${mostRedirects} times.`, { url });
}

/** Milliseconds without a byte after which a connection counts as broken; the variable and its default are those of `huggingface_hub`. */
function longestSilence(): number {
  return (Number(process.env.HF_HUB_DOWNLOAD_TIMEOUT) || 10) * 1000;
}

/** Ends a request on which nothing comes any more. */
class SilenceTimer {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.signal = signal ? AbortSignal.any([signal, this.#controller.signal]) : this.#controller.signal;
    this.start();
  }

  start(): void {
    const silence = longestSilence();
    this.stop();
    this.#timer = setTimeout(
      () => this.#controller.abort(new TransientFailure(`nothing came for ${silence / 1000} s`)),
      silence,
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  failure(cause: unknown): TransientFailure {
    this.stop();
    return cause instanceof TransientFailure ? cause : new TransientFailure(causeOf(cause), { cause });
  }
}

async function* bodyOf({ body }: Response, silence: SilenceTimer): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body?.getReader();
  try {
    for (;;) {
      silence.start();
      const { done, value } = (await reader?.read()) ?? { done: true };
      silence.stop();
      if (done) return;
      yield value as Uint8Array;
    }
  } catch (cause) {
    throw silence.failure(cause);
  } finally {
    silence.stop();
    // Where the reader of these chunks has given up, the rest need not come.
    await reader?.cancel().catch(() => {});
  }
}

function rangeStart(headers: Headers): number | null {
  return numberOf(headers.get("content-range")?.match(/^bytes (\d+)-/)?.[1] ?? null);
}

/** Bytes of the whole file; null where they are not told, or those of a compressed form are. */
function sizeOf(headers: Headers): number | null {
  if ((headers.get("content-encoding") ?? "identity") !== "identity") return null;
  const range = headers.get("content-range")?.match(/\/(\d+)$/)?.[1];
  return numberOf(range ?? headers.get("content-length"));
}

/** null for a file that is not there; throws for any other answer that is not the file. */
function refusal(url: string, { status, statusText, headers }: Response, token: string | undefined): null {
  if (status === 404) return null;
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = numberOf(headers.get("retry-after"));
    throw new TransientFailure(`the server answered ${status} ${statusText}`, {
      status,
      retryAfter: seconds === null ? undefined : seconds * 1000,
    });
  }
  const tokenRemedy = token
    ? " The token is wrong, or its owner has no access yet: accept the model's licence on its page."
    : " The repository does not exist, or is private or gated: set HF_TOKEN or the option `token`.";
  const remedy = status === 401 || status === 403 ? tokenRemedy : "";
  throw new EmbeddingGemmaError("DOWNLOAD_FAILED", `${url} answered ${status} ${statusText}.${remedy}`, {
    url,
    status,
  });
}

/** Large files carry their SHA-256 as entity tag; small ones a git hash, which is shorter. */
function sha256Of(tag: string | null): string | null {
  return tag?.match(/^(?:W\/)?"?([0-9a-f]{64})"?$/)?.[1] ?? null;
}

function numberOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

/** `fetch` says only "fetch failed" or "terminated"; the reason is in the cause. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : reasonOf(error);
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
