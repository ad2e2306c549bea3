import { readdir } from "node:fs/promises";
import { CommandError, UsageError } from "../failures/command-error.ts";
import { fileFailure } from "../failures/file-failure.ts";

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
  if (other === undefined) return;
  throw new UsageError(
    `${folder} has ${other}. Choose a new folder for --output, or one with only an adapter.`,
  );
}
