import { EmbeddingGemmaError } from "../../errors.ts";
import { authorizationOf, chunksOf, IdleTimeout, numberOf, withRetries } from "../fetch-policy.ts";
import { commitWithoutFile, hubError, isMissingFile } from "./hub-responses.ts";

export interface RequestOptions {
  token?: string;
  signal?: AbortSignal;
  method?: "GET" | "HEAD";
  /** See {@link withRetries}. */
  attempts?: number;
}

/** A file that the Hub has. */
export interface RemoteFile {
  readonly found: true;
  /** Chunks of the file from {@link RemoteFile.start} on. @throws `TransientFailure` */
  readonly body: AsyncIterable<Uint8Array>;
  /** Discards the rest of `body`. */
  close(): Promise<void>;
  /** Position of the first byte of `body` in the file. */
  readonly start: number;
  /** Commit of the file. */
  readonly commit: string | null;
  /** Size of the whole file in bytes. */
  readonly size: number | null;
  /** The Hub sends it for large files only. */
  readonly sha256: string | null;
}

/** The repository does not have the file. */
export interface MissingFile {
  readonly found: false;
  /** See {@link commitWithoutFile}. */
  readonly commit: string | null;
}

/**
 * Requests a file, with retries.
 *
 * @throws `DOWNLOAD_FAILED`, `MODEL_NOT_FOUND`
 */
export async function requestFile(
  url: string,
  options: RequestOptions,
): Promise<RemoteFile | MissingFile> {
  return withHubRetries(url, options, () => request(url, options));
}

/**
 * Requests a small text file, with retries.
 *
 * @returns null if the repository does not have it
 * @throws `DOWNLOAD_FAILED`, `MODEL_NOT_FOUND`
 */
export async function requestText(url: string, options: RequestOptions): Promise<string | null> {
  return withHubRetries(url, options, async () => {
    const remote = await request(url, options);
    if (!remote.found) return null;
    const chunks: Uint8Array[] = [];
    for await (const chunk of remote.body) chunks.push(chunk);
    return Buffer.concat(chunks).toString("utf8");
  });
}

/** {@link withRetries}, with advice for the Hub. */
export function withHubRetries<T>(
  url: string,
  options: RequestOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  const advice =
    "Check the network and proxy, set HF_ENDPOINT to a mirror, " +
    "or pass the path of a folder that contains the model.";
  return withRetries(url, { ...options, advice }, attempt);
}

/**
 * Requests a file once.
 *
 * @param from - position of the first byte to request
 */
export async function request(
  url: string,
  options: RequestOptions,
  from = 0,
): Promise<RemoteFile | MissingFile> {
  const { response, idle, hops } = await followRedirects(url, options, from);
  if (from > 0 && !isUsableRange(response, from)) {
    await response.body?.cancel();
    return request(url, options);
  }
  if (response.ok) {
    return {
      found: true,
      body: chunksOf(response, idle),
      // Fails while the body is being read; then its reader cancels it.
      close: () => Promise.resolve(response.body?.cancel()).catch(() => {}),
      start: response.status === 206 ? from : 0,
      commit: firstOf(hops, "x-repo-commit"),
      size: numberOf(firstOf(hops, "x-linked-size")) ?? sizeOf(response.headers),
      sha256: sha256Of(firstOf(hops, "x-linked-etag")),
    };
  }
  await response.body?.cancel();
  if (isMissingFile(response)) return { found: false, commit: commitWithoutFile(response) };
  throw hubError(url, response, options.token ? wrongToken : noToken);
}

const wrongToken =
  "The token is wrong or has no access: accept the model's license on its page, " +
  "or check that the repository exists.";
const noToken =
  "The repository does not exist, or is private or gated, and there is no local folder of this " +
  "name. Check the spelling. For access, set HF_TOKEN, or log in with `hf auth login`.";

const maxRedirects = 5;

/**
 * Follows redirects by hand, for two reasons: the Hub describes a large file in the headers of the
 * redirect, and the token must be sent to the Hub only.
 *
 * @returns the last response, and the headers of all responses in order
 */
async function followRedirects(
  url: string,
  { token, signal, method = "GET" }: RequestOptions,
  from: number,
): Promise<{ response: Response; idle: IdleTimeout; hops: readonly Headers[] }> {
  const { origin } = new URL(url);
  const hops: Headers[] = [];
  let target = new URL(url);
  while (hops.length <= maxRedirects) {
    const headers: Record<string, string> = {
      "user-agent": "embeddinggemma-js",
      // A compressed response has no content-length to check.
      "accept-encoding": "identity",
      ...(from > 0 && { range: `bytes=${from}-` }),
      ...(target.origin === origin && authorizationOf(token)),
    };
    const idle = new IdleTimeout(signal);
    const init = { method, headers, redirect: "manual", signal: idle.signal } as const;
    const response = await idle.wait(() => fetch(target, init));
    hops.push(response.headers);
    const location = response.headers.get("location");
    const isRedirect = response.status >= 300 && response.status < 400 && location !== null;
    if (!isRedirect) return { response, idle, hops };
    await response.body?.cancel();
    target = new URL(location, target);
  }
  throw new EmbeddingGemmaError(
    "DOWNLOAD_FAILED",
    `${url} redirects more than ${maxRedirects} times. Check the proxy and HF_ENDPOINT.`,
    { url },
  );
}

function firstOf(hops: readonly Headers[], name: string): string | null {
  return hops.map((headers) => headers.get(name)).find((value) => value !== null) ?? null;
}

/**
 * Whether the response to a range request can be used: it is that range, the whole file, or an
 * error other than "range not satisfiable".
 */
function isUsableRange({ status, headers }: Response, from: number): boolean {
  return status !== 416 && (status !== 206 || rangeStart(headers) === from);
}

function rangeStart(headers: Headers): number | null {
  return numberOf(headers.get("content-range")?.match(/^bytes (\d+)-/)?.[1] ?? null);
}

/** Size of the whole file; null if unknown, or if the response is compressed. */
function sizeOf(headers: Headers): number | null {
  if ((headers.get("content-encoding") ?? "identity") !== "identity") return null;
  const range = headers.get("content-range")?.match(/\/(\d+)$/)?.[1];
  return numberOf(range ?? headers.get("content-length"));
}

/** The ETag of a large file is its SHA-256; that of a small file is a shorter git hash. */
function sha256Of(tag: string | null): string | null {
  return tag?.match(/^(?:W\/)?"?([0-9a-f]{64})"?$/)?.[1] ?? null;
}
