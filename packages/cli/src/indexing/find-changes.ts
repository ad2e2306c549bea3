import { readFile } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { type FileSelection, findFiles } from "../documents/find-files.ts";
import type { ChunkSettings } from "../documents/split-document.ts";
import { CommandError } from "../failures/command-error.ts";
import type { IndexedFile } from "../store/store-settings.ts";
import { digestOf, type SourceFile } from "./chunk-file.ts";
import type { SavedState } from "./saved-state.ts";

/** What has changed since the last run. */
export interface Changes {
  readonly added: SourceFile[];
  readonly changed: SourceFile[];
  readonly unchanged: SourceFile[];
  /** Sources of files that are gone. */
  readonly removed: string[];
  /** How many files in the folders are of kinds that are not read. */
  readonly others: number;
}

/**
 * Compares files and folders with the store. Sources elsewhere are left alone.
 *
 * @param places - absolute paths without symbolic links
 * @param chunks - how files become chunks now
 */
export async function findChanges(
  places: readonly string[],
  selection: FileSelection,
  { root, files, idsOf }: SavedState,
  chunks: ChunkSettings,
): Promise<Changes> {
  const found = new Map<string, SourceFile>();
  let others = 0;
  for (const place of places) {
    const inPlace = await filesIn(place, selection);
    others += inPlace.others;
    for (const file of inPlace.files) {
      const source = sourceName(root, file.path);
      found.set(source, { ...file, source });
    }
  }
  const known = new Set([...idsOf.keys(), ...files.keys()]);
  const changes: Changes = { added: [], changed: [], unchanged: [], removed: [], others };
  for (const file of found.values()) {
    if (!known.has(file.source)) changes.added.push(file);
    else if (await isUnchanged(file, files.get(file.source), chunks)) changes.unchanged.push(file);
    else changes.changed.push(file);
  }
  for (const source of known) {
    const path = resolve(root, source);
    const isHere = places.some((place) => `${path}${sep}`.startsWith(join(place, sep)));
    if (isHere && !found.has(source)) changes.removed.push(source);
  }
  return changes;
}

async function filesIn(path: string, selection: FileSelection) {
  try {
    return await findFiles(path, selection);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new CommandError(
      isMissing ? `There is no file or folder ${path}.` : (error as Error).message,
    );
  }
}

async function isUnchanged(
  { path }: SourceFile,
  indexed: IndexedFile | undefined,
  chunks: ChunkSettings,
): Promise<boolean> {
  if (!indexed) return false;
  // A file that cannot be read is reported when it is its turn.
  const content = await readFile(path).catch(() => undefined);
  return content !== undefined && digestOf(content, chunks) === indexed.digest;
}

/** Relative to the root, so that folders can move together; an absolute path outside of it. */
function sourceName(root: string, path: string): string {
  const name = relative(root, path);
  return name.startsWith("..") || isAbsolute(name) ? path : name.split(sep).join("/");
}
