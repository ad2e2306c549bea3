import { open, readdir, readFile, stat } from "node:fs/promises";
import { digestFile } from "./file-digest.ts";
import type { RandomAccessFile } from "./model-folder.ts";

export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
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

export async function listIfExists(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}
