import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { deriveBytes } from "../src/files/derive-bytes.ts";
import type { ReadableFolder, TokenizerFolder } from "../src/runtime/load-tokenizer.ts";

/**
 * The folder with this path, to load a model from.
 *
 * @param derived - see `ModelFolder`
 */
export function folderOf(
  path: string,
  derived: string | null = null,
): ReadableFolder & TokenizerFolder {
  return {
    path,
    read: (file) => readFile(join(path, file), "utf8"),
    derive: (source, methods) => deriveBytes(derived, join(path, source), methods),
  };
}
