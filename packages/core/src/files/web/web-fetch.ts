import { reasonOf } from "../../errors.ts";
import {
  chunksOf,
  numberOf,
  refusal,
  retrying,
  SilenceTimer,
  TransientFailure,
} from "../fetch-policy.ts";

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

/**
 * Fetches a file into a cache, whole or not at all. Broken or stalled connections, rate limits and
 * server errors are tried again.
 *
 * @returns the headers of the answer, or null where the server has no such file
 * @throws `DOWNLOAD_FAILED`; the reason of `signal`
 */
export async function fetchInto(
  cache: WebCache,
  url: string,
  options: FetchOptions,
): Promise<Headers | null> {
  const remedy =
    "Check the network, that the server allows this page's origin (CORS), and the storage left to the browser's cache.";
  return retrying(url, { signal: options.signal, remedy }, async () => {
    const silence = new SilenceTimer(options.signal);
    const response = await request(url, "GET", options, silence);
    if (!response.ok) {
      refusal(url, response, deniedRemedy);
      await cache.delete?.(url);
      return null;
    }
    const told = counted(response, options, silence);
    await cache.put(url, told).catch((cause: unknown) => {
      throw cause instanceof TransientFailure
        ? cause
        : new TransientFailure(reasonOf(cause), { cause });
    });
    return response.headers;
  });
}

const deniedRemedy =
  "The repository is private or gated, or does not exist: set the option `token`.";

/**
 * Whether a cached file is as long as it was; what is not must not reach Transformers.js 4, which
 * loads nothing more after one failure.
 */
export async function isWhole(cached: Response): Promise<boolean> {
  const length = cached.headers.get("content-length");
  return length === null || (await cached.clone().blob()).size === Number(length);
}

/**
 * Whether the server still has the file that was cached. Where it does not tell, or cannot be
 * reached, the cached one counts.
 */
export async function isUnchanged(
  url: string,
  cached: Response,
  options: FetchOptions,
): Promise<boolean> {
  const current = await request(url, "HEAD", options, new SilenceTimer(options.signal)).catch(
    () => null,
  );
  options.signal?.throwIfAborted();
  if (current?.status === 404) return false;
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
  silence: SilenceTimer,
): Promise<Response> {
  return silence.during(() =>
    fetch(url, {
      method,
      // Asks whether the HTTP cache is up to date.
      cache: "no-cache",
      ...(token && { headers: { authorization: `Bearer ${token}` } }),
      signal: silence.signal,
    }),
  );
}

/**
 * The response with its progress reported, and an error in place of its end if it is too short or
 * stops.
 */
function counted(
  response: Response,
  { onProgress }: FetchOptions,
  silence: SilenceTimer,
): Response {
  const headers = new Headers(response.headers);
  // The length is that of the compressed file, the body is not.
  if (headers.has("content-encoding")) {
    headers.delete("content-encoding");
    headers.delete("content-length");
  }
  const total = numberOf(headers.get("content-length"));
  const chunks = chunksOf(response, silence);
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
