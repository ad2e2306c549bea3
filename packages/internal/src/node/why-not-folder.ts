import { stat } from "node:fs/promises";

/** Whether there is a file at a path where a folder was expected. */
export async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !found.isDirectory();
}

/**
 * Why a path cannot be given as `--store`.
 *
 * @param name - the path as the user has written it
 * @returns undefined if it is not that of a file
 */
export async function whyNotFolder(name: string, path = name): Promise<string | undefined> {
  return (await isFile(path)) ? `${name} is a file; --store takes a folder.` : undefined;
}
