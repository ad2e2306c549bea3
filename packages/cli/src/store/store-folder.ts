import { readdir } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { FaissStore } from "@embeddinggemma/faiss";
import { CommandError, UsageError } from "../failures/command-error.ts";

/**
 * Refuses a folder with files that are not of a store: a store has a folder of its own.
 *
 * @param name - the folder as the user has written it
 * @throws CommandError that says which folder would do
 */
export async function refuseForeignFolder(name: string, folder: string): Promise<void> {
  const other = await foreignFile(folder);
  if (other === undefined) return;
  throw new CommandError(
    `${name} has files that are not of a store, such as ${other}. A store has a folder of its ` +
      `own: --store ${ownFolder(name)}`,
  );
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
  const [files, store] = isOccupied ? [quoted(name), ownFolder(name)] : ["<folder>", quoted(name)];
  const command = `embeddinggemma index ${files} --store ${store}`;
  return `There is no store in ${name}. To make one: ${command}`;
}

/** A file in a folder that is not of a store. */
async function foreignFile(folder: string): Promise<string | undefined> {
  if (await FaissStore.exists(folder)) return undefined;
  const names = await readdir(folder).catch(() => []);
  return names.find((file) => !file.startsWith(".") && !ofFirstSave.test(file));
}

/** Files of a store, whose manifest is written last. */
const ofFirstSave = /^(faiss-store\.json|faiss-store\.lock|(vectors|records|deleted|index)-\d+-)/;

/** `notes.store` beside `notes`; `.store` in the current folder. */
function ownFolder(name: string): string {
  const trimmed = name.replace(/[/\\]+$/, "");
  const isUnnamed = [".", "..", ""].includes(basename(trimmed));
  return quoted(isUnnamed ? relative("", join(name, ".store")) : `${trimmed}.store`);
}

/** As it is typed in a shell. */
function quoted(name: string): string {
  return /\s/.test(name) ? `"${name}"` : name;
}
