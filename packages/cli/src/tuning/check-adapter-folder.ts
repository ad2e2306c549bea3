import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CommandError } from "../failures/command-error.ts";
import { fileFailure } from "../failures/file-failure.ts";
import { checkFolderIsWritable } from "../outputs/check-writable.ts";

/** The files of an adapter, which a new one replaces. */
const files = ["adapter.json", "adapter.safetensors"];

/**
 * Refuses a folder to which an adapter cannot be saved, before the time that training takes.
 *
 * @throws CommandError
 */
export async function checkAdapterFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new CommandError(`The adapter cannot be saved to ${folder}: ${fileFailure(error)}.`);
  });
  const other = names.find((name) => !files.includes(name));
  if (other !== undefined)
    throw new CommandError(
      `${folder} has ${other}. Choose a new folder for --output, or one with only an adapter.`,
    );
  // The new files are written beside the folder, and take its place.
  await checkFolderIsWritable(dirname(resolve(folder)), folder);
}

/** Whether a folder has an adapter, which a new one replaces. */
export function hasAdapter(folder: string): boolean {
  return files.some((name) => existsSync(join(folder, name)));
}
