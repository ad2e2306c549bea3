import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Creates a folder and its missing parents. `mkdir` with `recursive: true` does the same, but on
 * Node 20 it never returns where the system allows no new folders, such as in `/proc`.
 *
 * @returns the absolute path of the first folder that was missing, if one was
 * @throws errors of the file system, such as `EEXIST` if there is a file with this path
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const found = await kindOf(folder);
    if (found === "folder") break;
    missing.unshift(folder);
    // Of what is no folder, and of a drive that does not exist, `mkdir` says what is wrong.
    if (found === "other" || folder === dirname(folder)) break;
  }
  for (const folder of missing) await makeOne(folder);
  return missing[0];
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    // Another call may have made it in the meantime.
    if ((await kindOf(folder)) !== "folder") throw error;
  }
}

async function kindOf(path: string): Promise<"folder" | "missing" | "other"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "other";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "missing" : "other";
  }
}
