import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { EmbeddingGemmaError, reasonOf } from "./errors.ts";

export interface RequestOptions {
  token?: string;
  signal?: AbortSignal;
  method?: "GET" | "HEAD";
  /** How often a failure that may pass is tried. @default 4 */
  attempts?: number;
}

export interface DownloadOptions extends RequestOptions {
  /** Called with the bytes received and the bytes of the file, null if unknown. */
  onProgress?: (loaded: number, total: number | null) => void;
}

const firstDelay = 500;
const longestDelay = 10_000;

/**
 * Downloads a file, whole or not at all: it is written under another name, its size and, where the Hub tells it, its SHA-256 are
 * checked, and only then it gets its name. Broken connections, rate limits and server errors are tried again.
 *
 * @returns false where the server has no such file
 * @throws `DOWNLOAD_FAILED`
 */
export async function downloadFile(url: string, path: string, options: DownloadOptions): Promise<boolean> {
  return retrying(url, options, async () => {
    const remote = await request(url, options);
    if (remote === null) return false;
    await mkdir(dirname(path), { recursive: true });
    const partial = `${path}.${randomUUID()}.incomplete`;
    try {
      await writeBody(url, remote, partial, options);
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    return true;
  });
}

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
  readonly response: Response;
  /** Commit that holds the file. */
  readonly commit: string | null;
  /** Bytes of the file. */
  readonly size: number | null;
  /** Known for large files only. */
  readonly sha256: string | null;
}

/** A failure that may pass. */
class TransientFailure extends Error {
  readonly retryAfter: number | undefined;
  readonly status: number | undefined;

  constructor(message: string, options: ErrorOptions & { retryAfter?: number | undefined; status?: number } = {}) {
    super(message, options);
    this.retryAfter = options.retryAfter;
    this.status = options.status;
  }
}

async function retrying<T>(
  url: string,
  { signal, attempts = 4 }: RequestOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TransientFailure)) throw error;
      if (count === attempts) {
        throw new EmbeddingGemmaError(
          "DOWNLOAD_FAILED",
          `${url} could not be had in ${attempts} attempts: ${error.message}. ` +
            "Check the network and proxy, set HF_ENDPOINT to a mirror, or pass the path of a folder that has the model.",
          { url, attempts, status: error.status },
          { cause: error },
        );
      }
      await delay(Math.min(error.retryAfter ?? firstDelay * 2 ** (count - 1), longestDelay), signal);
    }
  }
}

const mostRedirects = 5;

/** Follows redirects itself, since the Hub describes a large file in the answer that redirects, and the token is for the Hub alone. */
async function request(url: string, { token, signal, method = "GET" }: RequestOptions): Promise<RemoteFile | null> {
  let target = new URL(url);
  let commit: string | null = null;
  let size: number | null = null;
  let sha256: string | null = null;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const headers: Record<string, string> = {
      "user-agent": "embeddinggemma-js",
      // What is compressed on the way has no content-length that could be checked.
      "accept-encoding": "identity",
      ...(token && target.origin === new URL(url).origin && { authorization: `Bearer ${token}` }),
    };
    const init: RequestInit = { method, headers, redirect: "manual", ...(signal && { signal }) };
    const response = await fetch(target, init).catch((cause: unknown) => {
      throw new TransientFailure(causeOf(cause), { cause });
    });
    commit ??= response.headers.get("x-repo-commit");
    size ??= numberOf(response.headers.get("x-linked-size"));
    sha256 ??= sha256Of(response.headers.get("x-linked-etag"));
    if (response.ok)
      return { response, commit, sha256, size: size ?? numberOf(response.headers.get("content-length")) };
    await response.body?.cancel();
    const location = response.headers.get("location");
    if (location === null || response.status < 300 || response.status >= 400) return refusal(url, response, token);
    target = new URL(location, target);
  }
  throw new EmbeddingGemmaError("DOWNLOAD_FAILED", `${url} redirects more than ${mostRedirects} times.`, { url });
}

/** null for a file that is not there; throws for any other answer that is not the file. */
function refusal(url: string, { status, statusText, headers }: Response, token: string | undefined): null {
  if (status === 404) return null;
  if (status === 429 || status >= 500) {
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

async function writeBody(
  url: string,
  { response, size: total, sha256 }: RemoteFile,
  path: string,
  { onProgress, signal }: DownloadOptions,
): Promise<void> {
  let loaded = 0;
  onProgress?.(0, total);
  const file = await open(path, "w");
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      await file.write(chunk);
      loaded += chunk.length;
      onProgress?.(loaded, total);
    }
    await file.sync();
  } catch (cause) {
    if (isNetworkFailure(cause))
      throw new TransientFailure(`the connection broke after ${loaded} bytes (${causeOf(cause)})`, { cause });
    throw cause;
  } finally {
    await file.close();
  }
  if (total !== null && loaded !== total) throw new TransientFailure(`${loaded} bytes came instead of ${total}`);
  if (sha256 !== null && (await hashFile(path)) !== sha256) {
    throw new TransientFailure(`the SHA-256 of what ${url} sent is not ${sha256}`);
  }
}

/** Large files carry their SHA-256 as entity tag; small ones a git hash, which is shorter. */
function sha256Of(tag: string | null): string | null {
  return tag?.match(/^(?:W\/)?"?([0-9a-f]{64})"?$/)?.[1] ?? null;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function numberOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

/** `fetch` says only "fetch failed" or "terminated"; the reason is in the cause. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : reasonOf(error);
}

/** Errors of the disk carry a `syscall`; those of a broken body do not. */
function isNetworkFailure(error: unknown): boolean {
  return error instanceof TypeError && !("syscall" in error);
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
