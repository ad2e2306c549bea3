import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { CommandError } from "../failures/command-error.ts";
import type { StoreSettings } from "../store/store-settings.ts";

/**
 * The folder that the sources of a store are relative to. If the store has moved, its files may
 * have moved with it, or they are where they were, or in the current folder: where most of them
 * are found.
 *
 * @throws CommandError if the store has moved, and no file of it is found
 */
export function findRoot(folder: string, settings: StoreSettings): string {
  const moved = resolve(folder, settings.root);
  const { folder: before = folder } = settings;
  if (before === folder) return moved;
  const sources = Object.keys(settings.files).filter((source) => !isAbsolute(source));
  if (sources.length === 0) return moved;
  const roots = [...new Set([moved, resolve(before, settings.root), process.cwd()])];
  // One file may be there by chance: many folders have a README.md.
  const counts = roots.map((root) => countIn(root, sources));
  const most = Math.max(...counts);
  if (most > 0) return roots[counts.indexOf(most)]!;
  throw new CommandError(
    `The store was moved from ${before} to ${folder}, and none of its files, such as ` +
      `${sources[0]}, is in ${roots.join(" or ")}. Add --root with the folder that ` +
      "they are in now, or index your files in a new store.",
  );
}

/** How many sources are files below a root. */
export function countIn(root: string, sources: readonly string[]): number {
  return sources.filter((source) => existsSync(resolve(root, source))).length;
}
