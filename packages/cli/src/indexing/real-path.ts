import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A path without symbolic links, so that a file has one name; the end of it need not exist. */
export async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["ENOENT", "ENOTDIR"].includes(code) || dirname(path) === path) throw error;
    return join(await realPath(dirname(path)), basename(path));
  }
}
