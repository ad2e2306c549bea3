import { randomUUID } from "node:crypto";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { isProcessAlive } from "@embeddinggemma/internal";
import { EmbeddingGemmaError, sentenceOf } from "../../errors.ts";
import { TransientFailure } from "../fetch-policy.ts";
import type { RemoteFile } from "./hub-request.ts";

/**
 * The bytes of an unfinished download, kept between attempts. During the download they are in
 * `<file>.<host>.<process>.<random>.incomplete`, a name that no other process uses. A failed call
 * renames this file to `<file>.incomplete`, and the next call resumes from there.
 */
export class PartialFile {
  readonly path: string;
  readonly #file: string;
  readonly #claimedSize: number;
  #size: number;
  #maxSize: number;
  #isVerifiable = false;

  /** Takes over the longest abandoned part of a file, if there is one, and deletes the others. */
  static async claim(file: string): Promise<PartialFile> {
    const own = `${file}.${host()}.${process.pid}.${randomUUID()}.incomplete`;
    const parts = await abandonedParts(file);
    let size = 0;
    for (const part of parts.sort((a, b) => b.size - a.size)) {
      if (size > 0) await rm(part.path, { force: true }).catch(() => {});
      else if (await tryRename(part.path, own)) size = part.size;
    }
    return new PartialFile(file, own, size);
  }

  private constructor(file: string, path: string, size: number) {
    this.path = path;
    this.#file = file;
    this.#claimedSize = size;
    this.#size = size;
    this.#maxSize = size;
  }

  /** Number of bytes so far; the next attempt can resume after them. */
  get size(): number {
    return this.#size;
  }

  /** Whether all bytes so far come from an earlier call. */
  get isFromEarlierCall(): boolean {
    return this.#size > 0 && this.#size === this.#claimedSize;
  }

  async receive(
    { body, start, size: total, sha256 }: RemoteFile,
    onProgress: ((loaded: number, total: number | null) => void) | undefined,
  ): Promise<void> {
    this.#size = start;
    this.#isVerifiable = sha256 !== null;
    onProgress?.(start, total);
    const file = await onDisk(this.path, () => open(this.path, start > 0 ? "a" : "w"));
    try {
      for await (const chunk of body) {
        await onDisk(this.path, () => file.writeFile(chunk));
        this.#size += chunk.length;
        onProgress?.(this.#size, total);
      }
      await onDisk(this.path, () => file.sync());
    } catch (error) {
      if (error instanceof TransientFailure) error.madeProgress = this.#size > this.#maxSize;
      this.#maxSize = Math.max(this.#maxSize, this.#size);
      // Without a known total, the bytes may be compressed, and such a download cannot be resumed.
      // After any other error, such as a full disk, they would only take up space.
      if (total === null || !(error instanceof TransientFailure)) this.discard();
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Discards the bytes, so that the next attempt starts from the beginning. */
  discard(): void {
    this.#size = 0;
  }

  /** Moves the finished file to its final path, and deletes what other calls have abandoned. */
  async moveTo(path: string): Promise<void> {
    await rename(this.path, path);
    this.discard();
    // A killed process can still be there when a call claims its part.
    for (const part of await abandonedParts(this.#file)) await rm(part.path).catch(() => {});
  }

  /** Keeps what a later call can resume and verify, and deletes anything else. */
  async release(): Promise<void> {
    const isResumable = this.#size > 0 && (this.#isVerifiable || this.isFromEarlierCall);
    await (isResumable
      ? rename(this.path, `${this.#file}.incomplete`)
      : rm(this.path, { force: true })
    ).catch(() => {});
  }
}

/** Runs an action that writes to disk. @throws `DOWNLOAD_FAILED` if it fails */
export async function onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw new EmbeddingGemmaError(
      "DOWNLOAD_FAILED",
      `Could not write ${path}: ${sentenceOf(cause)} ` +
        "Free some space or fix its permissions, " +
        "or choose another folder with the option `cacheDir` or with HF_HUB_CACHE.",
      { path },
      { cause },
    );
  }
}

/** Renames a file. Resolves to false if another process was faster. */
async function tryRename(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}

/** Parts of a file left behind by calls that no longer run. */
async function abandonedParts(file: string): Promise<{ path: string; size: number }[]> {
  const folder = dirname(file);
  const names = (await readdir(folder).catch(() => [])).filter(
    (name) => name.startsWith(`${basename(file)}.`) && name.endsWith(".incomplete"),
  );
  const parts = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const stats = await stat(path).catch(() => null);
      const fields = name.slice(basename(file).length + 1).split(".");
      return stats && isAbandoned(fields, stats.mtimeMs) ? [{ path, size: stats.size }] : [];
    }),
  );
  return parts.flat();
}

/**
 * Milliseconds without a write after which a part counts as abandoned, even if its process cannot
 * be checked. Longer than any idle timeout plus the delay between attempts.
 */
const maxIdle = 30 * 60_000;

/** @param fields - the fields of the part's name after the name of the file, split at the dots */
function isAbandoned(fields: readonly string[], writtenAt: number): boolean {
  const [owner, processId] = fields;
  if (owner === "incomplete") return true;
  // With other fields, it is a part of another file whose name starts with this file's name.
  if (fields.length !== 4) return false;
  const hasEnded = owner === host() && !isProcessAlive(Number(processId));
  return hasEnded || Date.now() - writtenAt > maxIdle;
}

/** The host name without dots, since dots separate the fields of a part's name. */
function host(): string {
  return hostname().replaceAll(/[^\w-]/g, "-");
}
