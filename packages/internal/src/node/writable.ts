import { existsSync } from "node:fs";
import { mkdtemp, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * The error that writing to a folder meets; undefined if there is none. If the folder does not
 * exist, the nearest one above it counts.
 */
export async function whyNotWritable(folder: string): Promise<unknown> {
  try {
    await tryFolder(existingPart(folder));
    return undefined;
  } catch (error) {
    return error;
  }
}

/**
 * Writes to a folder, and leaves no trace: permissions do not say whether a disk is read-only.
 *
 * @throws errors of the file system
 */
export async function tryFolder(folder: string): Promise<void> {
  await rmdir(await mkdtemp(join(folder, ".embeddinggemma-")));
}

/** The folder, or the nearest one above it, in which it would be made. */
export function existingPart(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingPart(dirname(path));
}
