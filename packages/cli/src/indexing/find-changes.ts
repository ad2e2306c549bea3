import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { type FileSelection, findFiles, isExcluded } from "../documents/find-files.ts";
import type { ChunkSettings } from "../documents/split-document.ts";
import { CommandError } from "../failures/command-error.ts";
import type { IndexedFile } from "../store/store-settings.ts";
import { digestOf, type SourceFile } from "./chunk-file.ts";
import type { SavedState } from "./saved-state.ts";

/** What has changed since the last run. */
export interface Changes extends Readonly<Lost> {
  readonly added: SourceFile[];
  readonly changed: SourceFile[];
  readonly unchanged: SourceFile[];
  /** How many files in the folders are of kinds that are not read. */
  readonly others: number;
  /** Whether there are folders, and no file in them to read. */
  readonly foundNone: boolean;
}

/** Files of the store that a run does not find. */
interface Lost {
  /** Sources of files that are gone. */
  gone: string[];
  /** Sources of files that are there, but are left out now. */
  leftOut: string[];
  /** How many are not in the places of the run. */
  elsewhere: number;
  /** Sources of those elsewhere that are gone. They stay: their drive may not be mounted. */
  goneElsewhere: string[];
}

/**
 * Compares files and folders with the store. Sources elsewhere are left alone, unless they are gone
 * from the folder of a file that this run names: a shell leaves them out of `docs/*.md`. In the
 * folders, files that a run has named stay until they are gone or excluded.
 *
 * @param places - absolute paths without symbolic links
 * @param chunks - how files become chunks now
 */
export async function findChanges(
  places: readonly string[],
  selection: FileSelection,
  saved: SavedState,
  chunks: ChunkSettings,
): Promise<Changes> {
  const { root, files, idsOf } = saved;
  const known = new Set([...idsOf.keys(), ...files.keys()]);
  const { found, others, foundNone, beside } = await readPlaces(places, selection, saved);
  const lost: Lost = { gone: [], leftOut: [], elsewhere: 0, goneElsewhere: [] };
  for (const source of known) {
    if (found.has(source)) continue;
    const path = resolve(root, source);
    const around = places.filter((place) => `${path}${sep}`.startsWith(join(place, sep)));
    const bytes = await sizeOf(path);
    const isNamed = files.get(source)?.named === true;
    if (around.length === 0 && !(bytes === undefined && beside.has(dirname(path)))) {
      lost.elsewhere += 1;
      if (bytes === undefined) lost.goneElsewhere.push(source);
    } else if (bytes === undefined) lost.gone.push(source);
    else if (!isNamed || around.some((place) => isExcluded(selection.exclude, place, path)))
      lost.leftOut.push(source);
    else found.set(source, { path, source, bytes, isNamed });
  }
  const paths = new Set(Array.from(found.values(), ({ path }) => path));
  const changes: Changes = {
    ...{ added: [], changed: [], unchanged: [], ...lost, foundNone },
    others: others.filter((path) => !paths.has(path)).length,
  };
  for (const file of found.values()) {
    if (!known.has(file.source)) changes.added.push(file);
    else if (await isUnchanged(file, files.get(file.source), chunks)) changes.unchanged.push(file);
    else changes.changed.push(file);
  }
  return changes;
}

/** What files and folders have now. */
async function readPlaces(
  places: readonly string[],
  selection: FileSelection,
  { root, files }: SavedState,
) {
  const found = new Map<string, SourceFile>();
  const others: string[] = [];
  /** Folders of the files that are named. */
  const beside = new Set<string>();
  let folders = 0;
  let inFolders = 0;
  for (const place of places) {
    const { inFolder, ...inPlace } = await filesIn(place, selection);
    if (!inFolder) beside.add(dirname(place));
    folders += Number(inFolder);
    inFolders += inFolder ? inPlace.files.length : 0;
    others.push(...inPlace.others);
    for (const file of inPlace.files) {
      const source = sourceName(root, file.path);
      const wasNamed = found.get(source)?.isNamed === true || files.get(source)?.named === true;
      found.set(source, { ...file, source, isNamed: !inFolder || wasNamed });
    }
  }
  return { found, others, beside, foundNone: folders > 0 && inFolders === 0 };
}

/** The size of a file; undefined if it is gone. */
async function sizeOf(path: string): Promise<number | undefined> {
  const status = await stat(path).catch(() => undefined);
  return status?.isFile() ? status.size : undefined;
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
