import { readdir } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import {
  generationOf,
  indexSettingsName,
  isDataFile,
  isLockFile,
  isStoreFile,
  isUnfinishedManifest,
  manifestName,
} from "../store-files.ts";

/** What is in a folder, for programs that want to open a store in it, or to make one. */
export type StoreFolder =
  | { readonly kind: "store" }
  /** It is missing or empty, or has what a first save has left that did not end. */
  | { readonly kind: "free" }
  /** The manifest of a store is gone. */
  | { readonly kind: "damaged" }
  /** It has files that are not of a store, such as this one. A store has a folder of its own. */
  | { readonly kind: "foreign"; readonly file: string };

/**
 * Looks at the names of the files in a folder.
 *
 * @throws errors of the file system, unless the folder is missing
 */
export async function storeFolder(folder: string): Promise<StoreFolder> {
  const names = await namesIn(folder);
  if (names.includes(manifestName)) return { kind: "store" };
  const file = names.find((name) => !name.startsWith(".") && !isHarmless(name));
  if (file !== undefined) return { kind: "foreign", file };
  return { kind: lacksManifest(names) ? "damaged" : "free" };
}

/**
 * Whether a folder has files of a store, but not its manifest: that is gone.
 *
 * @throws errors of the file system, unless the folder is missing
 */
export async function isWithoutManifest(folder: string): Promise<boolean> {
  return lacksManifest(await namesIn(folder));
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
}

function lacksManifest(names: readonly string[]): boolean {
  if (names.includes(manifestName)) return false;
  const isSaved = names.some((name) => name === indexSettingsName || isOfLaterSave(name));
  // A first save that did not end has left its lock or its manifest.
  const isUnfinished = names.some((name) => isLockFile(name) || isUnfinishedManifest(name));
  return isSaved || (names.some(isDataFile) && !isUnfinished);
}

/** `lost+found` is in the root of a new disk of Linux. */
function isHarmless(name: string): boolean {
  return isStoreFile(name) || name === "lost+found";
}

/** The first save writes no settings, and its manifest last. */
function isOfLaterSave(name: string): boolean {
  return (generationOf(name) ?? 0) > 1;
}

/** Why a folder with other files is refused, and which one to take. */
export function whyForeign(name: string, file: string): string {
  return (
    `${name} has files that are not of a store, such as ${file}. A store has a folder of its ` +
    `own: --store ${ownStoreFolder(name)}`
  );
}

/** A name for a store, for the shell: `notes.store` beside `notes`; `.store` in this folder. */
export function ownStoreFolder(name: string): string {
  const trimmed = name.replace(/[/\\]+$/, "");
  const isUnnamed = [".", "..", ""].includes(basename(trimmed));
  return quoted(isUnnamed ? relative("", join(name, ".store")) : `${trimmed}.store`);
}

/**
 * That Git could not merge a file of a store, up to what to do after that. Each side of a merge has
 * files that the other one lacks, so all of one side are needed.
 */
export function notMerged(path: string, store: string): string {
  return (
    `${path} has a merge conflict of Git. Take the whole store of your branch with \`git ` +
    `checkout HEAD ${quoted(store)}\``
  );
}

/** As it is typed in a shell. */
export function quoted(text: string, platform = process.platform): string {
  const isWindows = platform === "win32";
  if (/^[\p{L}\p{N}./:=,@_+-]+$/u.test(isWindows ? text.replaceAll("\\", "/") : text)) return text;
  return isWindows ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`;
}
