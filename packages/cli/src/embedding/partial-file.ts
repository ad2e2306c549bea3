import { randomUUID } from "node:crypto";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { CommandError } from "../command-error.ts";

/**
 * A file that takes its place when it is complete. Until then, an older file stays as it is: it can
 * be the input, and the program can fail.
 */
export class PartialFile implements AsyncDisposable {
  readonly path: string;
  readonly handle: FileHandle;
  readonly #target: string;

  private constructor(path: string, handle: FileHandle, target: string) {
    this.path = path;
    this.handle = handle;
    this.#target = target;
  }

  /** @throws CommandError if the file cannot be written */
  static async open(file: string): Promise<PartialFile> {
    const target = await realpath(file).catch(() => file);
    const path = (await isReplaceable(target)) ? `${target}.${randomUUID()}.partial` : target;
    const handle = await open(path, path === target ? "w" : "wx").catch((error: Error) => {
      throw new CommandError(`The output cannot be written: ${error.message}`);
    });
    return new PartialFile(path, handle, target);
  }

  async finish(): Promise<void> {
    await this.handle.close();
    if (this.path !== this.#target) await rename(this.path, this.#target);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
    if (this.path !== this.#target) await rm(this.path, { force: true });
  }
}

/** Whether there is a file or nothing. A pipe or a device must be written as it is. */
export async function isReplaceable(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile(),
    () => true,
  );
}
