import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isFile } from "./read-files.ts";

/** What a derived file is, which is also its name: `<name>.<digest>.v<version><extension>`. */
export interface DerivedFile {
  /** What it is made from and for, such as `tokenizer`. */
  readonly name: string;
  /** Digest of everything that it is made from. */
  readonly digest: string;
  /** Version of its format. Increase it with every change of what `make` writes. */
  readonly version: number;
  /** Such as `.onnx`. @default "" */
  readonly extension?: string;
}

/** How to use and to make a derived file. */
export interface DerivedFileMethods<T> {
  /** Uses the file at this path. Returns null if it is damaged, so that it is made again. */
  read(path: string): Promise<T | null>;
  /** Writes the file to this path. */
  make(path: string): Promise<void>;
}

/**
 * A file that is computed from files of a model, and kept for the next process. It is written to a
 * temporary file and renamed, so that no reader sees half of it.
 *
 * @param folder - see `ModelFolder.derived`
 * @returns what `read` returns; null if there is no folder for such files, or it cannot be written.
 * Then do without.
 * @throws the error of `make`, unless it comes from the file system
 */
export async function derivedFile<T>(
  folder: string | null,
  file: DerivedFile,
  { read, make }: DerivedFileMethods<T>,
): Promise<T | null> {
  if (folder === null) return null;
  const { name, digest, version, extension = "" } = file;
  const path = join(folder, `${name}.${digest}.v${version}${extension}`);
  if (await isFile(path)) {
    const found = await read(path).catch(nullIfFileSystem);
    if (found !== null) {
      await keep(path);
      return found;
    }
  }
  const temporary = `${path}.${randomUUID()}.incomplete`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await make(temporary);
    await replace(temporary, path);
    await removeUnused(folder);
    return await read(path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    return nullIfFileSystem(error);
  }
}

/** On Windows, a file that another process has open cannot be replaced, but it is as good. */
async function replace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(await isFile(to))) throw error;
    await rm(from, { force: true });
  }
}

const day = 24 * 60 * 60 * 1000;

/** Age after which a file that nobody has used is deleted. */
const maxAge = 30 * day;

/** The time of the last change tells when a file was last used, to the day. */
async function keep(path: string): Promise<void> {
  const { mtimeMs } = await stat(path);
  const now = new Date();
  if (now.getTime() - mtimeMs > day) await utimes(path, now, now).catch(() => {});
}

/** Deletes what no process has used for long, and what a process that was ended left behind. */
async function removeUnused(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > (name.endsWith(".incomplete") ? day : maxAge))
      await rm(path, { force: true }).catch(() => {});
  }
}

/** Rethrows an error that does not come from the file system, which is a mistake of the program. */
function nullIfFileSystem(error: unknown): null {
  if (typeof (error as NodeJS.ErrnoException)?.code === "string") return null;
  throw error;
}
