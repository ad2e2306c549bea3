import { manifestName } from "@embeddinggemma/internal";
import { ownStoreFolder, quoted, storeFolder, whyForeign } from "@embeddinggemma/internal/node";
import { CommandError, UsageError } from "../failures/command-error.ts";
import { howToRepair } from "./how-to-repair.ts";

/**
 * Refuses a folder that can neither be nor become a store.
 *
 * @param name - the folder as the user has written it
 * @throws CommandError that says what to do
 */
export async function refuseOtherFolder(name: string, folder: string): Promise<void> {
  const there = await storeFolder(folder);
  if (there.kind === "damaged") throw await lacksManifest(name, folder);
  if (there.kind === "foreign") throw new CommandError(whyForeign(name, there.file));
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
 * Refuses a folder without a store.
 *
 * @param name - the folder as the user has written it
 * @throws CommandError that says how to make one
 */
export async function requireStore(name: string, folder: string): Promise<void> {
  const there = await storeFolder(folder);
  if (there.kind === "store") return;
  if (there.kind === "damaged") throw await lacksManifest(name, folder);
  const [files, store] =
    there.kind === "foreign" ? [quoted(name), ownStoreFolder(name)] : ["<folder>", quoted(name)];
  const command = `embeddinggemma index ${files} --store ${store}`;
  throw new CommandError(`There is no store in ${name}. To make one: ${command}`);
}

async function lacksManifest(name: string, folder: string): Promise<CommandError> {
  const repair = await howToRepair(name, folder);
  return new CommandError(`${name} is a damaged store: ${manifestName} is missing. ${repair}`);
}
