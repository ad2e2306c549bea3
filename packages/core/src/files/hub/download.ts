import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { makeFolder } from "@embeddinggemma/internal/node";
import { TransientFailure } from "../fetch-policy.ts";
import {
  type MissingFile,
  type RemoteFile,
  type RequestOptions,
  request,
  requestFile,
  withHubRetries,
} from "./hub-request.ts";
import { onDisk, PartialFile } from "./partial-file.ts";

export interface DownloadOptions extends RequestOptions {
  /** Called with the bytes received so far and the size of the file, null if unknown. */
  onProgress?: (loaded: number, total: number | null) => void;
}

/**
 * Downloads a file completely or not at all. It goes into a temporary file, which replaces `path`
 * only after its size and its SHA-256 (if the Hub sends one) are verified.
 *
 * Broken or stalled connections, rate limits and server errors are retried. Retries resume the
 * download if the server supports it. So do later calls, even after an abort or the end of the
 * process.
 *
 * @throws `DOWNLOAD_FAILED`, `MODEL_NOT_FOUND`
 */
export async function downloadFile(
  url: string,
  path: string,
  options: DownloadOptions,
): Promise<RemoteFile | MissingFile> {
  const partial = await PartialFile.claim(path);
  try {
    return await withHubRetries(url, options, async () => {
      const remote = await resumeOrRestart(url, options, partial);
      if (!remote.found) return remote;
      try {
        await onDisk(path, () => makeFolder(dirname(path)));
        await partial.receive(remote, options.onProgress);
      } finally {
        await remote.close();
      }
      await verify(partial, remote);
      await onDisk(path, () => partial.moveTo(path));
      return remote;
    });
  } finally {
    await partial.release();
  }
}

/** Files below this size are downloaded again rather than trusted if their SHA-256 is unknown. */
const cheapDownload = 2 ** 18;

/**
 * Whether a local file may differ from the Hub's. A large file whose SHA-256 is unknown counts as
 * intact if its size is right.
 *
 * @throws `DOWNLOAD_FAILED`, `MODEL_NOT_FOUND`
 */
export async function mayBeDamaged(
  url: string,
  path: string,
  options: RequestOptions,
): Promise<boolean> {
  // Only one attempt: the load may have failed for another reason, so a Hub that is down should
  // not hold up the error.
  const remote = await requestFile(url, { ...options, method: "HEAD", attempts: 1 });
  if (!remote.found) return false;
  const { size } = await stat(path);
  if (remote.size !== null && remote.size !== size) return true;
  return remote.sha256 === null ? size < cheapDownload : (await hashFile(path)) !== remote.sha256;
}

/** Requests the missing bytes, or the whole file if they may not fit those of an earlier call. */
async function resumeOrRestart(
  url: string,
  options: DownloadOptions,
  partial: PartialFile,
): Promise<RemoteFile | MissingFile> {
  const remote = await request(url, options, partial.size);
  if (!remote.found || remote.start === 0) return remote;
  if (remote.sha256 !== null || !partial.isFromEarlierCall) return remote;
  await remote.close();
  return request(url, options);
}

async function verify(partial: PartialFile, { size, sha256 }: RemoteFile): Promise<void> {
  const received = partial.size;
  if (size !== null && received !== size) {
    if (received > size) partial.discard();
    throw new TransientFailure(`received ${received} bytes instead of ${size}`);
  }
  if (sha256 !== null && (await hashFile(partial.path)) !== sha256) {
    partial.discard();
    throw new TransientFailure(`the SHA-256 of the received bytes is not ${sha256}`);
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
