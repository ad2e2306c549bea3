import { stat } from "node:fs/promises";
import { CommandError } from "../failures/command-error.ts";

/**
 * Refuses the path of a file for a store.
 *
 * @throws CommandError
 */
export async function refuseFile(store: string): Promise<void> {
  const found = await stat(store).catch(() => undefined);
  if (found && !found.isDirectory())
    throw new CommandError(`${store} is a file; --store takes a folder.`);
}
