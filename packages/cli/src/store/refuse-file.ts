import { stat } from "node:fs/promises";
import { UsageError } from "../failures/command-error.ts";

/**
 * Refuses the path of a file for a store.
 *
 * @throws UsageError
 */
export async function refuseFile(store: string): Promise<void> {
  const found = await stat(store).catch(() => undefined);
  if (found && !found.isDirectory())
    throw new UsageError(`${store} is a file; --store takes a folder.`);
}
