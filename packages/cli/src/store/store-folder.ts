import { foreignFile, ownStoreFolder, quoted, whyNotStore } from "@embeddinggemma/internal/node";
import { CommandError, UsageError } from "../failures/command-error.ts";

/**
 * Refuses a folder with files that are not of a store: a store has a folder of its own.
 *
 * @param name - the folder as the user has written it
 * @throws CommandError that says which folder would do
 */
export async function refuseForeignFolder(name: string, folder: string): Promise<void> {
  const reason = await whyNotStore(name, folder);
  if (reason !== undefined) throw new CommandError(reason);
}

/**
 * Refuses to index the folder of the store.
 *
 * @param places - what to index
 * @throws UsageError
 */
export function refuseStoreAsInput(places: readonly string[], name: string, folder: string): void {
  if (!places.includes(folder)) return;
  throw new UsageError(`${name} is the store. Name the folders with your files to index them.`);
}

/**
 * What to say where there is no store.
 *
 * @param name - the folder as the user has written it
 */
export async function howToMakeStore(name: string, folder: string): Promise<string> {
  const isOccupied = (await foreignFile(folder)) !== undefined;
  const [files, store] = isOccupied
    ? [quoted(name), ownStoreFolder(name)]
    : ["<folder>", quoted(name)];
  const command = `embeddinggemma index ${files} --store ${store}`;
  return `There is no store in ${name}. To make one: ${command}`;
}
