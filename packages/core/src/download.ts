import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { EmbeddingGemmaError, reasonOf } from "./errors.ts";
import {
  type RemoteFile,
  type RequestOptions,
  request,
  requestFile,
  retrying,
  TransientFailure,
} from "./hub-request.ts";

export interface DownloadOptions extends RequestOptions {
  /** Called with the bytes received and the bytes of the file, null if unknown. */
  onProgress?: (loaded: number, total: number | null) => void;
}

/**
 * Downloads a file, whole or not at all: it is written under another name, its size and, where the Hub tells it, its SHA-256 are
 * checked, and only then it gets its name. Broken or stalled connections, rate limits and server errors are tried again, from where
 * the file broke off if the server allows.
 *
 * @returns false where the server has no such file
 * @throws `DOWNLOAD_FAILED`
 */
export async function downloadFile(url: string, path: string, options: DownloadOptions): Promise<boolean> {
  const partial = new PartialFile(`${path}.${randomUUID()}.incomplete`);
  try {
    return await retrying(url, options, async () => {
      const remote = await request(url, options, partial.size);
      if (remote === null) return false;
      try {
        await onDisk(path, () => mkdir(dirname(path), { recursive: true }));
        await partial.take(remote, options.onProgress);
      } finally {
        await remote.close();
      }
      await partial.check(remote);
      await onDisk(path, () => rename(partial.path, path));
      return true;
    });
  } finally {
    await rm(partial.path, { force: true }).catch(() => {});
  }
}

/**
 * Whether a file is certainly what the Hub has, by its size and SHA-256; false where the Hub does not tell them.
 *
 * @throws `DOWNLOAD_FAILED`
 */
export async function isIntact(url: string, path: string, options: RequestOptions): Promise<boolean> {
  const remote = await requestFile(url, { ...options, method: "HEAD" });
  if (!remote?.sha256) return false;
  return (await stat(path)).size === remote.size && (await hashFile(path)) === remote.sha256;
}

/** What has come of a file, from one attempt to the next. */
class PartialFile {
  readonly path: string;
  /** Bytes that the next attempt may go on from. */
  size = 0;
  #most = 0;

  constructor(path: string) {
    this.path = path;
  }

  async take({ body, start, size: total }: RemoteFile, onProgress: DownloadOptions["onProgress"]): Promise<void> {
    this.size = start;
    onProgress?.(start, total);
    const file = await onDisk(this.path, () => open(this.path, start > 0 ? "a" : "w"));
    try {
      for await (const chunk of body) {
        await onDisk(this.path, () => file.writeFile(chunk));
        this.size += chunk.length;
        onProgress?.(this.size, total);
      }
      await onDisk(this.path, () => file.sync());
    } catch (error) {
      if (error instanceof TransientFailure) error.progressed = this.size > this.#most;
      this.#most = Math.max(this.#most, this.size);
      // The bytes may be those of a compressed form, which cannot be gone on from.
      if (total === null) this.size = 0;
      throw error;
    } finally {
      await file.close();
    }
  }

  async check({ size, sha256 }: RemoteFile): Promise<void> {
    const received = this.size;
    if (size !== null && received < size) throw new TransientFailure(`${received} bytes came instead of ${size}`);
    // From here on what came is wrong, and nothing to go on from.
    this.size = 0;
    if (size !== null && received > size) throw new TransientFailure(`${received} bytes came instead of ${size}`);
    if (sha256 !== null && (await hashFile(this.path)) !== sha256) {
      throw new TransientFailure(`the SHA-256 of the bytes that came is not ${sha256}`);
    }
  }
}

async function onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw new EmbeddingGemmaError(
      "DOWNLOAD_FAILED",
      `${path} could not be written: ${reasonOf(cause)}. Make room there, or name another folder with the option \`cacheDir\` or with HF_HUB_CACHE.`,
      { path },
      { cause },
    );
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
