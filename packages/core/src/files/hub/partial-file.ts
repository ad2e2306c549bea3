import { randomUUID } from "node:crypto";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { EmbeddingGemmaError, reasonOf } from "../../errors.ts";
import { TransientFailure } from "../fetch-policy.ts";
import type { RemoteFile } from "./hub-request.ts";

/**
 * What has come of a file that is being downloaded, from one attempt to the next. It lies beside
 * the file as `<file>.<host>.<process>.<random>.incomplete`, so that nobody else takes it while its
 * process runs; one that was left to be gone on with as `<file>.incomplete`.
 */
export class PartialFile {
  readonly path: string;
  /** Bytes that the next attempt may go on from. */
  size: number;
  readonly #file: string;
  readonly #foundSize: number;
  #most: number;
  #isVerifiable = false;

  /**
   * Takes over the longest of what others have left of a file, if there is something, and removes
   * the rest.
   */
  static async claim(file: string): Promise<PartialFile> {
    const own = `${file}.${host()}.${process.pid}.${randomUUID()}.incomplete`;
    const left = await leftOf(file);
    let size = 0;
    for (const found of left.sort((a, b) => b.size - a.size)) {
      if (size > 0) await rm(found.path, { force: true }).catch(() => {});
      else if (await isMoved(found.path, own)) size = found.size;
    }
    return new PartialFile(file, own, size);
  }

  private constructor(file: string, path: string, size: number) {
    this.path = path;
    this.size = size;
    this.#file = file;
    this.#foundSize = size;
    this.#most = size;
  }

  /** Whether the bytes to go on from came with an earlier call. */
  get isFound(): boolean {
    return this.size > 0 && this.size === this.#foundSize;
  }

  async take(
    { body, start, size: total, sha256 }: RemoteFile,
    onProgress: ((loaded: number, total: number | null) => void) | undefined,
  ): Promise<void> {
    this.size = start;
    this.#isVerifiable = sha256 !== null;
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
      // The bytes may be those of a compressed form, which cannot be gone on from; nor is a full
      // disk to be kept full.
      if (total === null || !(error instanceof TransientFailure)) this.size = 0;
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Leaves what another call can go on from and check, and removes anything else. */
  async leave(): Promise<void> {
    const left = this.size > 0 && (this.#isVerifiable || this.isFound);
    await (left
      ? rename(this.path, `${this.#file}.incomplete`)
      : rm(this.path, { force: true })
    ).catch(() => {});
  }
}

/** Does something with the disk. @throws `DOWNLOAD_FAILED` */
export async function onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
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

/** Moves a file, unless somebody else was faster. */
async function isMoved(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}

/** What has been left of a file by calls that no longer run. */
async function leftOf(file: string): Promise<{ path: string; size: number }[]> {
  const folder = dirname(file);
  const names = (await readdir(folder).catch(() => [])).filter(
    (name) => name.startsWith(`${basename(file)}.`) && name.endsWith(".incomplete"),
  );
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const stats = await stat(path).catch(() => null);
      const owner = name.slice(basename(file).length + 1).split(".");
      return stats && isLeft(owner, stats.mtimeMs) ? [{ path, size: stats.size }] : [];
    }),
  );
  return found.flat();
}

/**
 * Milliseconds for which no running download leaves its file alone: longer than connections may be
 * silent and attempts wait.
 */
const longestRest = 30 * 60_000;

/**
 * @param owner - what stands between the file's name and `.incomplete`, with `incomplete` itself
 */
function isLeft([owner, processId, ...rest]: readonly string[], writtenAt: number): boolean {
  if (owner === "incomplete") return true;
  // The names of other files that begin with this one's have other parts.
  if (rest.length !== 2) return false;
  return (
    Date.now() - writtenAt > longestRest || (owner === host() && !isRunning(Number(processId)))
  );
}

/** Name of this machine, without the dot that parts the names of files here. */
function host(): string {
  return hostname().replaceAll(/[^\w-]/g, "-");
}

function isRunning(processId: number): boolean {
  try {
    // Signal 0 asks only whether the process is there.
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
