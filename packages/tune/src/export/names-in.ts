import { readdir } from "node:fs/promises";
import { invalidArgument } from "../check.ts";

/**
 * The names in a folder; none if it does not exist.
 *
 * @param option - that names the folder
 * @throws `INVALID_ARGUMENT` if it is no folder
 */
export async function namesIn(folder: string, option: string): Promise<string[]> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw invalidArgument(option, folder, "a folder", error.message);
  });
}
