import { EmbeddingGemmaError, reasonOf } from "./errors.ts";

export interface FetchOptions {
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes received and the bytes of the file, null if unknown. */
  readonly onProgress?: (loaded: number, total: number | null) => void;
}

/** What is needed of the Cache API. */
export interface WebCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  delete?(url: string): Promise<boolean>;
}

const attempts = 3;
const firstDelay = 500;

/**
 * Fetches a file into a cache, whole or not at all. Broken connections, rate limits and server errors are tried again.
 *
 * @returns the headers of the answer, or null where the server has no such file
 * @throws `DOWNLOAD_FAILED`; the reason of `signal`
 */
export async function fetchInto(cache: WebCache, url: string, options: FetchOptions): Promise<Headers | null> {
  const { signal } = options;
  for (let count = 1; ; count++) {
    signal?.throwIfAborted();
    try {
      const response = await request(url, "GET", options);
      if (response.status === 404) {
        await cache.delete?.(url);
        return null;
      }
      if (!response.ok) throw refusal(url, response);
      await cache.put(url, counted(response, options));
      return response.headers;
    } catch (error) {
      signal?.throwIfAborted();
      if (EmbeddingGemmaError.isInstance(error)) throw error;
      if (count === attempts) {
        throw new EmbeddingGemmaError(
          "DOWNLOAD_FAILED",
          `${url} could not be fetched into the browser's cache in ${attempts} attempts: ${reasonOf(error)}. ` +
            "Check the network, that the server allows this page's origin (CORS), and the storage left to it.",
          { url, attempts },
          { cause: error },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, firstDelay * 2 ** (count - 1)));
    }
  }
}

/** Whether a cached file is as long as it was; what is not must not reach Transformers.js 4, which loads nothing more after one failure. */
export async function isWhole(cached: Response): Promise<boolean> {
  const length = cached.headers.get("content-length");
  return length === null || (await cached.clone().blob()).size === Number(length);
}

/** Whether the server still has the file that was cached. Where it does not tell, or cannot be reached, the cached one counts. */
export async function isUnchanged(url: string, cached: Response, options: FetchOptions): Promise<boolean> {
  const current = await request(url, "HEAD", options).catch(() => null);
  options.signal?.throwIfAborted();
  if (current?.status === 404) return false;
  if (!current?.ok) return true;
  return ["etag", "last-modified"].every((name) => {
    const [before, now] = [cached.headers.get(name), current.headers.get(name)];
    return before === null || now === null || before === now;
  });
}

function request(url: string, method: "GET" | "HEAD", { token, signal }: FetchOptions): Promise<Response> {
  return fetch(url, {
    method,
    // Asks whether the HTTP cache is up to date.
    cache: "no-cache",
    ...(token && { headers: { authorization: `Bearer ${token}` } }),
    ...(signal && { signal }),
  });
}

/** An error that another attempt may overcome is a plain one. */
function refusal(url: string, { status, statusText }: Response): Error {
  if (status === 429 || status >= 500) return new Error(`the server answered ${status} ${statusText}`);
  const remedy =
    status === 401 || status === 403
      ? " The repository is private or gated, or does not exist: set the option `token`."
      : "";
  return new EmbeddingGemmaError("DOWNLOAD_FAILED", `${url} answered ${status} ${statusText}.${remedy}`, {
    url,
    status,
  });
}

/** The response with its progress reported, and an error in place of its end if it is too short. */
function counted(response: Response, { onProgress }: FetchOptions): Response {
  const headers = new Headers(response.headers);
  // The length is that of the compressed file, the body is not.
  if (headers.has("content-encoding")) {
    headers.delete("content-encoding");
    headers.delete("content-length");
  }
  const total = headers.has("content-length") ? Number(headers.get("content-length")) : null;
  let loaded = 0;
  onProgress?.(0, total);
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      loaded += chunk.length;
      onProgress?.(loaded, total);
      controller.enqueue(chunk);
    },
    flush() {
      if (total !== null && loaded < total) throw new Error(`${loaded} bytes came instead of ${total}`);
    },
  });
  return new Response(response.body?.pipeThrough(counter) ?? null, { headers });
}
