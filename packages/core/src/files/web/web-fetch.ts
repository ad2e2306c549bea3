import { EmbeddingGemmaError, reasonOf, sentenceOf } from "../../errors.ts";
import {
  authorizationOf,
  chunksOf,
  IdleTimeout,
  numberOf,
  statusOf,
  TransientFailure,
  withRetries,
} from "../fetch-policy.ts";
import { hubError, isHubError, isMissingFile } from "../hub/hub-responses.ts";
import { isWebPage } from "../web-page.ts";
import { isStorageFailure, type WebCache } from "./web-cache.ts";

export interface FetchOptions {
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the server is a Hub. Then a 404 without the Hub's headers may come from a proxy, and is
   * an error. On any other server, every 404 or 410 means "no such file".
   */
  readonly isHub?: boolean;
  /**
   * Whether the URL is in a folder that the caller named by its URL, not in a repository. Then a
   * 403 also means "no such file": static hosts that must not list their files answer so.
   */
  readonly isFolder?: boolean;
  /** Called with the bytes received so far and the size of the file, null if unknown. */
  readonly onProgress?: (loaded: number, total: number | null) => void;
}

/** Whether a server has a file, and the headers of its response. */
export interface FetchResult {
  readonly found: boolean;
  readonly headers: Headers;
  /** How the server answered if it does not have the file, as a sentence. */
  readonly whyMissing?: string;
}

/**
 * Fetches a file into a cache, completely or not at all. Broken or stalled connections, rate limits
 * and server errors are retried, and once what the browser refuses to store, if the cache keeps it
 * in memory then. A file that the server does not have is deleted from the cache.
 *
 * @throws `DOWNLOAD_FAILED`, `MODEL_NOT_FOUND`; the reason of `signal`
 */
export async function fetchInto(
  cache: WebCache,
  url: string,
  options: FetchOptions,
): Promise<FetchResult> {
  const advice = "Check the network, and whether the server allows this page's origin (CORS).";
  let wasRefused = false;
  return withRetries(url, { signal: options.signal, advice }, async () => {
    const idle = new IdleTimeout(options.signal);
    const response = await request(url, "GET", options, idle);
    const { headers } = response;
    const missing = async (answer: string, conclusion = "the file is not there") => {
      await cache.delete?.(url);
      const whyMissing = `The server answered ${url} with ${answer}: ${conclusion}.`;
      return { found: false, headers, whyMissing };
    };
    if (isMissing(response, options)) return missing(statusOf(response));
    if (isRefused(response, options))
      return missing(statusOf(response), "the file is not there, or may not be read");
    if (!response.ok) throw hubError(url, response, deniedAdviceFor(response, options));
    const chunks = chunksOf(response, idle);
    const first = await chunks.next();
    if (!first.done && beginsAsWebPage(first.value)) {
      await chunks.return();
      return missing("a web page"); // as applications with client-side routes do
    }
    const checked = checkedResponse(headers, joined(first, chunks), options);
    await cache.put(url, checked).catch((cause: unknown) => {
      if (isStorageFailure(cause)) {
        if (!cache.retriesInMemory || wasRefused) throw notStored(url, cause);
        wasRefused = true;
      }
      throw cause instanceof TransientFailure
        ? cause
        : new TransientFailure(reasonOf(cause), { cause });
    });
    return { found: true, headers };
  });
}

function beginsAsWebPage(bytes: Uint8Array): boolean {
  return isWebPage(new TextDecoder().decode(bytes.subarray(0, 256)));
}

type Chunks = AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;

async function* joined(first: Awaited<ReturnType<Chunks["next"]>>, others: Chunks): Chunks {
  try {
    if (!first.done) yield first.value;
    yield* others;
  } finally {
    await others.return();
  }
}

function notStored(url: string, cause: unknown): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "DOWNLOAD_FAILED",
    `The browser could not store ${url}: ${sentenceOf(cause)} Free some storage or memory.`,
    { url },
    { cause },
  );
}

/** Fetches a text without the cache and without retries; null if that fails. */
export async function fetchText(url: string, options: FetchOptions): Promise<string | null> {
  const idle = new IdleTimeout(options.signal);
  const text = await request(url, "GET", options, idle)
    .then((response) => (response.ok ? idle.wait(() => response.text()) : null))
    .catch(() => null);
  options.signal?.throwIfAborted();
  return text;
}

function deniedAdviceFor(response: Response, { isFolder }: FetchOptions): string {
  return isFolder && !isHubError(response)
    ? "Check the URL of the folder, and that this page may read its files."
    : "The repository does not exist, or is private or gated. Check the spelling. For access, " +
        "set the option `token`.";
}

function isMissing(response: Response, { isHub }: FetchOptions): boolean {
  return isHub ? isMissingFile(response) : [404, 410].includes(response.status);
}

function isRefused(response: Response, { isFolder = false }: FetchOptions): boolean {
  return isFolder && response.status === 403 && !isHubError(response);
}

/**
 * Whether a cached file has the length that the server sent, and is not a web page. A damaged file
 * must not reach Transformers.js 4, which can load nothing more after one failure.
 */
export async function isComplete(cached: Response): Promise<boolean> {
  const length = cached.headers.get("content-length");
  const blob = await cached.clone().blob();
  if (length !== null && blob.size !== Number(length)) return false;
  return !beginsAsWebPage(new Uint8Array(await blob.slice(0, 256).arrayBuffer()));
}

/**
 * Whether the server still has the file as it was cached. The cached file counts as unchanged if
 * the server does not say or cannot be reached. The time counts only without an `ETag`: hosts that
 * make it from the content set a new time with each deployment.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
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
  for (const name of ["etag", "last-modified"]) {
    const [before, now] = [cached.headers.get(name), current.headers.get(name)];
    if (before !== null && now !== null) return withoutWeak(before) === withoutWeak(now);
  }
  return true;
}

/** A weak `ETag`, such as that of a compressed file, stands for the same content. */
function withoutWeak(value: string): string {
  return value.replace(/^W\//, "");
}

async function request(
  url: string,
  method: "GET" | "HEAD",
  { token }: FetchOptions,
  idle: IdleTimeout,
): Promise<Response> {
  const headers = authorizationOf(token);
  return idle.wait(() =>
    fetch(url, {
      method,
      // Revalidates the response in the HTTP cache.
      cache: "no-cache",
      headers,
      signal: idle.signal,
    }),
  );
}

/** A response that reports progress, and whose body fails if it is too short or stalls. */
function checkedResponse(
  received: Headers,
  chunks: Chunks,
  { onProgress }: FetchOptions,
): Response {
  const headers = new Headers(received);
  // The length is that of the compressed file, but the body is decompressed.
  if (headers.has("content-encoding")) {
    headers.delete("content-encoding");
    headers.delete("content-length");
  }
  const total = numberOf(headers.get("content-length"));
  let loaded = 0;
  onProgress?.(0, total);
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done && total !== null && loaded < total) {
        throw new TransientFailure(`received ${loaded} bytes instead of ${total}`);
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
