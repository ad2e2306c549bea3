import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { TransientFailure } from "../fetch-policy.ts";
import {
  type RemoteFile,
  type RequestOptions,
  request,
  requestFile,
  retryingHub,
} from "./hub-request.ts";
import { onDisk, PartialFile } from "./partial-file.ts";

export interface DownloadOptions extends RequestOptions {
  /** Called with the bytes received and the bytes of the file, null if unknown. */
  onProgress?: (loaded: number, total: number | null) => void;
}

/**
 * Downloads a file, whole or not at all: it is written under another name, its size and, where the
 * Hub tells it, its SHA-256 are checked, and only then it gets its name, in place of a file that
 * had it. Broken or stalled connections, rate limits and server errors are tried again, from where
 * the file broke off if the server allows. So is, by the next call, what a call has left: by
 * failing, by an abort, or because its process ended.
 *
 * @returns false where the server has no such file
 * @throws `DOWNLOAD_FAILED`
 */
export async function downloadFile(
  url: string,
  path: string,
  options: DownloadOptions,
): Promise<boolean> {
  const partial = await PartialFile.claim(path);
  try {
    return await retryingHub(url, options, async () => {
      const remote = await requestRest(url, options, partial);
      if (remote === null) return false;
      try {
        await onDisk(path, () => mkdir(dirname(path), { recursive: true }));
        await partial.take(remote, options.onProgress);
      } finally {
        await remote.close();
      }
      await check(partial, remote);
      await onDisk(path, () => rename(partial.path, path));
      partial.size = 0;
      return true;
    });
  } finally {
    await partial.leave();
  }
}

/** Bytes of a file without a SHA-256 that are sooner fetched than doubted. */
const soonFetched = 2 ** 18;

/**
 * Whether a file may be another than the Hub's. A large one for which no SHA-256 is told counts as
 * the Hub's if it is as long.
 *
 * @throws `DOWNLOAD_FAILED`
 */
export async function mayBeDamaged(
  url: string,
  path: string,
  options: RequestOptions,
): Promise<boolean> {
  // The Hub is asked once: whoever has a file, and perhaps another trouble, is not to wait for a
  // Hub that is down.
  const remote = await requestFile(url, { ...options, method: "HEAD", attempts: 1 });
  const { size } = await stat(path);
  if (remote === null) return false;
  if (remote.size !== null && remote.size !== size) return true;
  return remote.sha256 === null ? size < soonFetched : (await hashFile(path)) !== remote.sha256;
}

async function requestRest(
  url: string,
  options: DownloadOptions,
  partial: PartialFile,
): Promise<RemoteFile | null> {
  const remote = await request(url, options, partial.size);
  if (!remote || remote.start === 0 || remote.sha256 !== null || !partial.isFound) return remote;
  // Nothing would tell whether what an earlier process left is the beginning of this file.
  await remote.close();
  return request(url, options);
}

async function check(partial: PartialFile, { size, sha256 }: RemoteFile): Promise<void> {
  const received = partial.size;
  if (size !== null && received < size)
    throw new TransientFailure(`${received} bytes came instead of ${size}`);
  // What came is wrong, and nothing to go on from.
  const wrong = (problem: string) => {
    partial.size = 0;
    return new TransientFailure(problem);
  };
  if (size !== null && received > size) throw wrong(`${received} bytes came instead of ${size}`);
  if (sha256 !== null && (await hashFile(partial.path)) !== sha256) {
    throw wrong(`the SHA-256 of the bytes that came is not ${sha256}`);
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
