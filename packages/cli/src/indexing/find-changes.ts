import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import {
  type FileSelection,
  findFiles,
  isExcluded,
  isLeftOutByName,
} from "../documents/find-files.ts";
import type { ChunkSettings } from "../documents/split-document.ts";
import { CommandError } from "../failures/command-error.ts";
import { fileFailure } from "../failures/file-failure.ts";
import type { IndexedFile } from "../store/store-settings.ts";
import { digestOf, type SourceFile } from "./chunk-file.ts";
import { isIn } from "./is-in.ts";
import { refuseMissing } from "./refuse-missing.ts";
import type { SavedState } from "./saved-state.ts";
import { sourceName } from "./source-name.ts";

/** What has changed since the last run. */
export interface Changes extends Readonly<Lost> {
  readonly added: SourceFile[];
  readonly changed: SourceFile[];
  readonly unchanged: SourceFile[];
  /** How many files in the folders are of kinds that are not read. */
  readonly others: number;
  /** Whether there are folders, and no file in them to read. */
  readonly foundNone: boolean;
  readonly unreadable: readonly UnreadableFolder[];
}

/** A folder that cannot be read. */
export interface UnreadableFolder {
  /** As the sources of its files begin. */
  readonly source: string;
  readonly reason: string;
  /** Whether the store has files of it, which stay. */
  readonly isKept: boolean;
}

/** Files of the store that a run does not find. */
interface Lost {
  /** Sources of files that are gone. */
  gone: string[];
  /** Sources of files that are there, but are left out now. */
  leftOut: string[];
  /** How many are not in the places of the run, or where it cannot look. */
  elsewhere: number;
  /** Sources of those elsewhere that are gone. They stay: their drive may not be mounted. */
  goneElsewhere: string[];
}

/**
 * Compares files and folders with the store. Sources elsewhere are left alone, unless they are gone
 * from the folder of a file that this run names: a shell leaves them out of `docs/*.md`. A run can
 * name what is gone itself, to remove it, beside something that is there. In the
 * folders, files that a run has named stay until they are gone or excluded. What cannot be read
 * stays, unless patterns leave it out: they need names only.
 *
 * @param places - absolute paths without symbolic links
 * @param chunks - how files become chunks now
 * @throws CommandError if a place is not there, and not in the store either, or none is there
 */
export async function findChanges(
  places: readonly string[],
  selection: FileSelection,
  saved: SavedState,
  chunks: ChunkSettings,
): Promise<Changes> {
  const { root, files, idsOf } = saved;
  const known = new Set([...idsOf.keys(), ...files.keys()]);
  const { found, beside, ...now } = await readPlaces(places, selection, saved, known);
  const kept = new Set<string>();
  const lost: Lost = { gone: [], leftOut: [], elsewhere: 0, goneElsewhere: [] };
  for (const source of known) {
    if (found.has(source)) continue;
    const path = resolve(root, source);
    const around = places.filter((place) => isIn(place, path));
    const hidden = now.unreadable.find((folder) => isIn(folder.path, path));
    const bytes = hidden ? "unknown" : await sizeOf(path);
    const isNamed = files.get(source)?.named === true;
    const isLeftOut = (place: string) =>
      isNamed
        ? isExcluded(selection.exclude, place, path)
        : isLeftOutByName(selection, place, path) ||
          now.ignored.get(place)?.some((ignored) => isIn(ignored, path));
    if (bytes === "unknown") {
      if (around.length > 0 && around.every(isLeftOut)) lost.leftOut.push(source);
      else {
        if (hidden) kept.add(hidden.path);
        lost.elsewhere += 1;
      }
    } else if (around.length === 0 && !(bytes === undefined && beside.has(dirname(path)))) {
      lost.elsewhere += 1;
      if (bytes === undefined) lost.goneElsewhere.push(source);
    } else if (bytes === undefined) lost.gone.push(source);
    else if (!isNamed || around.some((place) => isExcluded(selection.exclude, place, path)))
      lost.leftOut.push(source);
    else found.set(source, { path, source, bytes, isNamed });
  }
  const paths = new Set(Array.from(found.values(), ({ path }) => path));
  const changes: Changes = {
    ...{ added: [], changed: [], unchanged: [], ...lost, foundNone: now.foundNone },
    others: now.others.filter((path) => !paths.has(path)).length,
    unreadable: now.unreadable.map(({ path, error }) => ({
      source: sourceName(root, path),
      reason: `The folder cannot be read: ${fileFailure(error)}.`,
      isKept: kept.has(path),
    })),
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
  known: ReadonlySet<string>,
) {
  const found = new Map<string, SourceFile>();
  const others: string[] = [];
  const unreadable: { path: string; error: unknown }[] = [];
  /** What Git ignores in each place. */
  const ignored = new Map<string, readonly string[]>();
  /** Folders of the files that are named. */
  const beside = new Set<string>();
  let folders = 0;
  let inFolders = 0;
  for (const place of places) {
    const content = await filesIn(place, selection);
    if (!content) {
      refuseMissing(place, places, root, known);
      continue;
    }
    const { inFolder, ...inPlace } = content;
    if (!inFolder) beside.add(dirname(place));
    folders += Number(inFolder);
    inFolders += inFolder ? inPlace.files.length : 0;
    others.push(...inPlace.others);
    unreadable.push(...inPlace.unreadable);
    ignored.set(place, inPlace.ignored);
    for (const file of inPlace.files) {
      const source = sourceName(root, file.path);
      const wasNamed = found.get(source)?.isNamed === true || files.get(source)?.named === true;
      found.set(source, { ...file, source, isNamed: !inFolder || wasNamed });
    }
  }
  const foundNone = folders > 0 && inFolders === 0 && unreadable.length === 0;
  return { found, others, beside, foundNone, unreadable, ignored };
}

/** The size of a file; undefined if it is gone. */
async function sizeOf(path: string): Promise<number | "unknown" | undefined> {
  try {
    const status = await stat(path);
    return status.isFile() ? status.size : undefined;
  } catch (error) {
    return isMissing(error) ? undefined : "unknown";
  }
}

function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
}

/** Undefined if the path is not there. */
async function filesIn(path: string, selection: FileSelection) {
  try {
    return await findFiles(path, selection);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new CommandError(`${path} cannot be read: ${fileFailure(error)}.`);
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
  return content !== undefined && digestOf(path, content, chunks) === indexed.digest;
}
