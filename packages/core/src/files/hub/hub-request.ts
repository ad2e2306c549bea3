import { EmbeddingGemmaError } from "../../errors.ts";
import { chunksOf, numberOf, refusal, retrying, SilenceTimer } from "../fetch-policy.ts";

export interface RequestOptions {
  token?: string;
  signal?: AbortSignal;
  method?: "GET" | "HEAD";
  /** See {@link retrying}. */
  attempts?: number;
}

/**
 * The server's answer, and what the Hub itself said of the file before it redirected to its
 * storage.
 */
export interface RemoteFile {
  /**
   * Chunks of the file, from {@link RemoteFile.start} on; what breaks it is a failure that may
   * pass.
   */
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

/**
 * Asks for a file.
 *
 * @returns null where the server has no such file
 * @throws `DOWNLOAD_FAILED`
 */
export async function requestFile(
  url: string,
  options: RequestOptions,
): Promise<RemoteFile | null> {
  return retryingHub(url, options, () => request(url, options));
}

/** {@link retrying}, for the Hub. */
export function retryingHub<T>(
  url: string,
  options: RequestOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  const remedy =
    "Check the network and proxy, set HF_ENDPOINT to a mirror, or pass the path of a folder that has the model.";
  return retrying(url, { ...options, remedy }, attempt);
}

const mostRedirects = 5;

/**
 * Follows redirects itself, since the Hub describes a large file in the answer that redirects, and
 * the token is for the Hub alone.
 *
 * @param from - bytes at the file's start that are not needed
 */
export async function request(
  url: string,
  options: RequestOptions,
  from = 0,
): Promise<RemoteFile | null> {
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
    const asked = { method, headers, redirect: "manual", signal: silence.signal } as const;
    const response = await silence.during(() => fetch(target, asked));
    commit ??= response.headers.get("x-repo-commit");
    size ??= numberOf(response.headers.get("x-linked-size"));
    sha256 ??= sha256Of(response.headers.get("x-linked-etag"));
    if (
      from > 0 &&
      (response.status === 416 ||
        (response.status === 206 && rangeStart(response.headers) !== from))
    ) {
      await response.body?.cancel();
      return request(url, options);
    }
    if (response.ok) {
      return {
        body: chunksOf(response, silence),
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
    if (location === null || response.status < 300 || response.status >= 400) {
      return refusal(url, response, token ? wrongToken : noToken);
    }
    target = new URL(location, target);
  }
  throw new EmbeddingGemmaError(
    "DOWNLOAD_FAILED",
    `${url} redirects more than ${mostRedirects} times.`,
    { url },
  );
}

const wrongToken =
  "The token is wrong, or its owner has no access yet: accept the model's licence on its page.";
const noToken =
  "The repository does not exist, or is private or gated: set HF_TOKEN or the option `token`, or log in with `hf auth login`.";

function rangeStart(headers: Headers): number | null {
  return numberOf(headers.get("content-range")?.match(/^bytes (\d+)-/)?.[1] ?? null);
}

/** Bytes of the whole file; null where they are not told, or those of a compressed form are. */
function sizeOf(headers: Headers): number | null {
  if ((headers.get("content-encoding") ?? "identity") !== "identity") return null;
  const range = headers.get("content-range")?.match(/\/(\d+)$/)?.[1];
  return numberOf(range ?? headers.get("content-length"));
}

/** Large files carry their SHA-256 as entity tag; small ones a git hash, which is shorter. */
function sha256Of(tag: string | null): string | null {
  return tag?.match(/^(?:W\/)?"?([0-9a-f]{64})"?$/)?.[1] ?? null;
}
