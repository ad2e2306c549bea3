import { reasonOf } from "../../errors.ts";
import { chunksOf, IdleTimeout, numberOf, TransientFailure, withRetries } from "../fetch-policy.ts";
import { hubError, isMissingFile } from "../hub/hub-answers.ts";

export interface FetchOptions {
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the server is a Hub. Then a 404 without the Hub's headers is a failure that may pass,
   * since it may come from a proxy. On any other server every 404 means "no such file".
   */
  readonly isHub?: boolean;
  /** Called with the bytes received and the bytes of the file, null if unknown. */
  readonly onProgress?: (loaded: number, total: number | null) => void;
}

/** The part of the Cache API that is needed. */
export interface WebCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  delete?(url: string): Promise<boolean>;
}

/** Whether a server has a file, with the headers of its answer. */
export interface FetchResult {
  readonly found: boolean;
  readonly headers: Headers;
}

/**
 * Fetches a file into a cache, whole or not at all. Broken or stalled connections, rate limits and
 * server errors are retried. A file that the server does not have is removed from the cache.
 *
 * @throws `DOWNLOAD_FAILED`, `MODEL_NOT_FOUND`; the reason of `signal`
 */
export async function fetchInto(
  cache: WebCache,
  url: string,
  options: FetchOptions,
): Promise<FetchResult> {
  const advice =
    "Check the network, that the server allows this page's origin (CORS), " +
    "and the free storage of the browser.";
  return withRetries(url, { signal: options.signal, advice }, async () => {
    const idle = new IdleTimeout(options.signal);
    const response = await request(url, "GET", options, idle);
    const { headers } = response;
    if (isMissing(response, options)) {
      await cache.delete?.(url);
      return { found: false, headers };
    }
    if (!response.ok) throw hubError(url, response, deniedAdvice);
    await cache.put(url, watched(response, options, idle)).catch((cause: unknown) => {
      throw cause instanceof TransientFailure
        ? cause
        : new TransientFailure(reasonOf(cause), { cause });
    });
    return { found: true, headers };
  });
}

/** Text from a server, which is not cached; null if it does not answer at once. */
export async function fetchText(url: string, options: FetchOptions): Promise<string | null> {
  const idle = new IdleTimeout(options.signal);
  const text = await request(url, "GET", options, idle)
    .then((response) => (response.ok ? idle.wait(() => response.text()) : null))
    .catch(() => null);
  options.signal?.throwIfAborted();
  return text;
}

const deniedAdvice =
  "The repository is private or gated, or does not exist: set the option `token`.";

function isMissing(response: Response, { isHub }: FetchOptions): boolean {
  return isHub ? isMissingFile(response) : response.status === 404;
}

/**
 * Whether a cached file has the length that the server told. A shorter one must not reach
 * Transformers.js 4, which loads nothing more after one failure.
 */
export async function isWhole(cached: Response): Promise<boolean> {
  const length = cached.headers.get("content-length");
  return length === null || (await cached.clone().blob()).size === Number(length);
}

/**
 * Whether the server still has the file that was cached. If it does not tell, or cannot be reached,
 * the cached file counts as unchanged.
 */
export async function isUnchanged(
  url: string,
  cached: Response,
  options: FetchOptions,
): Promise<boolean> {
  const current = await request(url, "HEAD", options, new IdleTimeout(options.signal)).catch(
    () => null,
  );
  options.signal?.throwIfAborted();
  if (current && isMissing(current, options)) return false;
  if (!current?.ok) return true;
  return ["etag", "last-modified"].every((name) => {
    const [before, now] = [cached.headers.get(name), current.headers.get(name)];
    return before === null || now === null || before === now;
  });
}

function request(
  url: string,
  method: "GET" | "HEAD",
  { token }: FetchOptions,
  idle: IdleTimeout,
): Promise<Response> {
  return idle.wait(() =>
    fetch(url, {
      method,
      // Revalidates what is in the HTTP cache.
      cache: "no-cache",
      ...(token && { headers: { authorization: `Bearer ${token}` } }),
      signal: idle.signal,
    }),
  );
}

/** A response that reports its progress, and whose body fails if it is too short or stalls. */
function watched(response: Response, { onProgress }: FetchOptions, idle: IdleTimeout): Response {
  const headers = new Headers(response.headers);
  // The length is that of the compressed file, but the body is decompressed.
  if (headers.has("content-encoding")) {
    headers.delete("content-encoding");
    headers.delete("content-length");
  }
  const total = numberOf(headers.get("content-length"));
  const chunks = chunksOf(response, idle);
  let loaded = 0;
  onProgress?.(0, total);
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done && total !== null && loaded < total) {
        throw new TransientFailure(`${loaded} bytes came instead of ${total}`);
      }
      if (done) return controller.close();
      loaded += value.length;
      onProgress?.(loaded, total);
      controller.enqueue(value);
    },
    async cancel() {
      await chunks.return();
    },
  });
  return new Response(body, { headers });
}
