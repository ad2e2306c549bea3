import { readdir } from "node:fs/promises";
import { basename, join, relative } from "node:path";

/**
 * Why a folder cannot become a store: it has files that are not of a store. A store has a folder of
 * its own.
 *
 * @param name - the folder as the user has written it
 * @returns undefined if the folder has a store, is empty, or does not exist
 */
export async function whyNotStore(name: string, folder: string): Promise<string | undefined> {
  const other = await foreignFile(folder);
  if (other === undefined) return undefined;
  return (
    `${name} has files that are not of a store, such as ${other}. A store has a folder of its ` +
    `own: --store ${ownStoreFolder(name)}`
  );
}

/** A file in a folder that is not of a store. */
export async function foreignFile(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((): string[] => []);
  if (names.includes("faiss-store.json")) return undefined;
  return names.find((file) => !file.startsWith(".") && !harmless.test(file));
}

/** Files of a store, whose manifest is written last, and what a new disk of Linux has. */
const harmless = /^(faiss-store\.lock$|(vectors|records|deleted|index)-\d+-|lost\+found$)/;

/** For the shell: `notes.store` beside `notes`; `.store` in the current folder. */
export function ownStoreFolder(name: string): string {
  const trimmed = name.replace(/[/\\]+$/, "");
  const isUnnamed = [".", "..", ""].includes(basename(trimmed));
  return quoted(isUnnamed ? relative("", join(name, ".store")) : `${trimmed}.store`);
}

/** As it is typed in a shell. */
export function quoted(name: string): string {
  return /\s/.test(name) ? `"${name}"` : name;
}
