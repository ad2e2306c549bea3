import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { tryFolder, whyNotWritable } from "@embeddinggemma/internal/node";
import { notWritten } from "../failures/file-failure.ts";

/**
 * Finds out before the work that its results cannot be written to a folder, which need not exist.
 *
 * @param name - what the results are to be named, if that is not the folder
 * @throws CommandError that says why
 */
export async function checkFolderIsWritable(folder: string, name = folder): Promise<void> {
  const error = await whyNotWritable(folder);
  if (error !== undefined) throw notWritten(name, error);
}

/**
 * The same for a file, which must have a folder. Leaves the file as it is.
 *
 * @throws CommandError that says why
 */
export async function checkFileIsWritable(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  try {
    if (!found) await tryFolder(dirname(file));
    // To open a pipe would tell its reader something.
    else if (found.isFile() || found.isDirectory())
      await (await open(file, constants.O_WRONLY)).close();
  } catch (error) {
    throw notWritten(file, error);
  }
}
