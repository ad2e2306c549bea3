import { readdir, readFile, stat } from "node:fs/promises";
import { digestFile } from "./file-digest.ts";

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

export async function listIfExists(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}
