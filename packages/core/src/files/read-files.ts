import { open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { digestFile } from "./file-digest.ts";
import type { RandomAccessFile } from "./model-folder.ts";

export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

/** @throws the error of the file system if the path may exist, but must not be read */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    (error: NodeJS.ErrnoException) => {
      if (["EACCES", "EPERM", "ERR_ACCESS_DENIED"].includes(error.code ?? "")) throw error;
      return false;
    },
  );
}

export async function readIfExists(path: string): Promise<string | null> {
  return (await isFile(path)) ? readFile(path, "utf8") : null;
}

export async function digestIfExists(path: string): Promise<string | null> {
  return (await isFile(path)) ? digestFile(path) : null;
}

export async function openIfExists(path: string): Promise<RandomAccessFile | null> {
  if (!(await isFile(path))) return null;
  const file = await open(path);
  const { size } = await file.stat();
  return {
    size,
    async read(start, length) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
      return buffer.subarray(0, bytesRead);
    },
    close: () => file.close(),
  };
}

/** Names of the files in a folder and in the folders in it; empty if it does not exist. */
export async function listFiles(path: string): Promise<string[]> {
  const filesIn = (folder: string) => readdir(folder, { withFileTypes: true }).catch(() => []);
  const entries = await filesIn(path);
  const nested = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }) =>
        (await filesIn(join(path, name))).map((entry) => `${name}/${entry.name}`),
      ),
  );
  return [
    ...entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name),
    ...nested.flat(),
  ];
}
