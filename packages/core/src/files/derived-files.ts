import { randomUUID } from "node:crypto";
import { access, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "@embeddinggemma/internal/node";
import { isFileSystemError } from "./file-system-error.ts";

/**
 * What a derived file or folder is, which is also its name:
 * `<name>.<digest>.v<version><extension>`.
 */
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

/** How to use and to make a derived file or folder. */
export interface DerivedFileMethods<T> {
  /** Uses the file at this path. Returns null if it is damaged, so that it is made again. */
  read(path: string): Promise<T | null>;
  /** Writes the file, or makes the folder, at this path. */
  make(path: string): Promise<void>;
}

/**
 * A file or folder that is computed from files of a model, and kept for the next process. It is
 * made under a temporary name and renamed, so that no reader sees half of it.
 *
 * @param folder - see `ModelFolder.derived`
 * @returns what `read` returns; null if there is no folder for such files. Then do without.
 * @throws the error of `make`, or that of the file system if the file cannot be written
 */
export async function derivedFile<T>(
  folder: string | null,
  file: DerivedFile,
  { read, make }: DerivedFileMethods<T>,
): Promise<T | null> {
  if (folder === null) return null;
  const { name, digest, version, extension = "" } = file;
  const path = join(folder, `${name}.${digest}.v${version}${extension}`);
  if (await exists(path)) {
    const found = await read(path).catch(nullIfFileSystem);
    if (found !== null) {
      await keep(path);
      return found;
    }
    await remove(path).catch(() => {});
  }
  const temporary = `${path}.${randomUUID()}.incomplete`;
  try {
    await makeFolder(dirname(path));
    await make(temporary);
    await replace(temporary, path);
    await removeUnused(folder);
    return await read(path);
  } catch (error) {
    await remove(temporary).catch(() => {});
    throw error;
  }
}

/**
 * A folder cannot replace another, nor on Windows a file one that another process has open. But
 * what is there is as good.
 */
async function replace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(await exists(to))) throw error;
    await remove(from);
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}

const day = 24 * 60 * 60 * 1000;

/** Age after which a file that nobody has used is deleted. */
const maxAge = 30 * day;

/** The time of the last change tells when a file was last used, to the day. */
async function keep(path: string): Promise<void> {
  // Another process may have deleted it meanwhile.
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
  const now = new Date();
  if (now.getTime() - mtimeMs > day) await utimes(path, now, now).catch(() => {});
}

/** Deletes what no process has used for long, and what a process that was ended left behind. */
async function removeUnused(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > (name.endsWith(".incomplete") ? day : maxAge)) await remove(path).catch(() => {});
  }
}

/** Rethrows an error that does not come from the file system, which is a mistake of the program. */
export function nullIfFileSystem(error: unknown): null {
  if (isFileSystemError(error)) return null;
  throw error;
}
