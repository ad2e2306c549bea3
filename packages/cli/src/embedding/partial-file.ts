import { randomUUID } from "node:crypto";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { notWritten } from "../failures/file-failure.ts";

/**
 * A file that takes its place when it is complete. Until then, an older file stays as it is: it can
 * be the input, and the program can fail.
 */
export class PartialFile implements AsyncDisposable {
  readonly path: string;
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #target: string;

  private constructor(file: string, path: string, handle: FileHandle, target: string) {
    this.path = path;
    this.#file = file;
    this.#handle = handle;
    this.#target = target;
  }

  /** @throws CommandError if the file cannot be written */
  static async open(file: string): Promise<PartialFile> {
    const target = await realpath(file).catch(() => file);
    const path = (await isReplaceable(target)) ? `${target}.${randomUUID()}.partial` : target;
    try {
      const handle = path === target ? await open(path, "w") : await openAs(path, target);
      return new PartialFile(file, path, handle, target);
    } catch (error) {
      throw notWritten(file, error);
    }
  }

  /** @throws CommandError if the file cannot be written */
  async append(data: string | Uint8Array): Promise<void> {
    await this.#handle.appendFile(data).catch((error: unknown) => {
      throw notWritten(this.#file, error);
    });
  }

  /** Replaces the first bytes. */
  async replaceStart(bytes: Uint8Array): Promise<void> {
    await this.#handle.write(bytes, 0, bytes.length, 0);
  }

  /** @throws CommandError if the file cannot be written */
  async finish(): Promise<void> {
    await this.#handle.close();
    if (this.path === this.#target) return;
    await rename(this.path, this.#target).catch((error: unknown) => {
      throw notWritten(this.#file, error);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
    if (this.path !== this.#target) await rm(this.path, { force: true });
  }
}

/** Opens a new file with the permissions of the one that it will replace. */
async function openAs(path: string, target: string): Promise<FileHandle> {
  const old = await stat(target).catch(() => undefined);
  const handle = await open(path, "wx", old?.mode);
  // `open` leaves out what the process denies to new files. Not all file systems have permissions.
  if (old) await handle.chmod(old.mode).catch(() => {});
  return handle;
}

/** Whether there is a file or nothing. A pipe or a device must be written as it is. */
export async function isReplaceable(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile(),
    () => true,
  );
}
