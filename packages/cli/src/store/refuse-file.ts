import { whyNotFolder } from "@embeddinggemma/internal/node";
import { CommandError } from "../failures/command-error.ts";

/**
 * Refuses the path of a file for a store.
 *
 * @throws CommandError
 */
export async function refuseFile(store: string): Promise<void> {
  const reason = await whyNotFolder(store);
  if (reason !== undefined) throw new CommandError(reason);
}
