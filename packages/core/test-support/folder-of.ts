import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ReadableFolder } from "../src/runtime/load-tokenizer.ts";

/** The folder with this path, to load a model from. */
export function folderOf(path: string): ReadableFolder {
  return { path, read: (file) => readFile(join(path, file), "utf8") };
}
