import { resolve } from "node:path";
import type { Command } from "commander";
import { readExtensions } from "../documents/file-kinds.ts";
import { Globs } from "../documents/globs.ts";
import type { ChunkSettings } from "../documents/split-document.ts";
import { CommandError } from "../failures/command-error.ts";
import { checkFolderIsWritable } from "../outputs/check-writable.ts";
import { checkIsIndexed } from "../store/check-records.ts";
import { refuseFile } from "../store/refuse-file.ts";
import { refuseOtherFolder, refuseStoreAsInput } from "../store/store-folder.ts";
import { chunkDefaults, type StoreSettings } from "../store/store-settings.ts";
import type { SourceFile } from "./chunk-file.ts";
import { type Changes, findChanges } from "./find-changes.ts";
import { withNames } from "./other-names.ts";
import { type PatternFlags, refuseEmptying } from "./patterns.ts";
import { realPath } from "./real-path.ts";
import { refuseOtherCopy } from "./refuse-other-copy.ts";
import { readSavedState, type SavedState } from "./saved-state.ts";

/** What to index, and how. */
export interface PlanFlags extends PatternFlags {
  store: string;
  root?: string | undefined;
  chunkTokens?: number | undefined;
  chunkOverlap?: number | undefined;
  ignore: boolean;
}

/** What a run will do. */
export interface Plan {
  /** Folder of the store. */
  readonly folder: string;
  readonly saved: SavedState;
  readonly chunks: ChunkSettings;
  /** Whether the command line says how files become chunks. */
  readonly hasChunkFlags: boolean;
  readonly changes: Changes;
  /** Files to read and embed. */
  readonly work: readonly SourceFile[];
  /** The patterns that leave out files. */
  readonly flags: PatternFlags;
  /** The patterns that match nothing. */
  readonly unmatched: PatternFlags;
}

/**
 * Compares files and folders with the store.
 *
 * @throws CommandError if the store cannot be there, or there is nothing to index
 */
export async function makePlan(
  paths: readonly string[],
  { store, root, chunkTokens, chunkOverlap, include, exclude, ignore }: PlanFlags,
  command: Command,
): Promise<Plan> {
  const places = await Promise.all(paths.map((path) => realPath(resolve(path))));
  const folder = await checkedFolder(store, places);
  const saved = await readSavedState(store, folder, root);
  if (saved.store) checkIsIndexed(saved.store, store, saved.settings !== undefined);
  const chunks = chunkSettings({ chunkTokens, chunkOverlap }, saved.settings, command);
  const patterns = { include: globs(include), exclude: globs(exclude) };
  const { files, idsOf, names } = saved;
  const renamed = { ...saved, files: withNames(files, names), idsOf: withNames(idsOf, names) };
  const changes = await findChanges(places, { ...patterns, ignore, skip: folder }, renamed, chunks);
  if (root === undefined) await refuseOtherCopy(changes, saved, chunks);
  const work = [...changes.added, ...changes.changed];
  const unmatched = {
    include: patterns.include?.unmatched(),
    exclude: patterns.exclude?.unmatched(),
  };
  const excluding = exclude?.filter((pattern) => !unmatched.exclude!.includes(pattern));
  const flags = { include, exclude: excluding };
  refuseEmptying(changes, flags, paths);
  if (!saved.store && work.length === 0) throw new CommandError(whyNothing(changes));
  const hasChunkFlags = chunkTokens !== undefined || chunkOverlap !== undefined;
  return { folder, saved, chunks, hasChunkFlags, changes, work, flags, unmatched };
}

function whyNothing({ unreadable: [folder] }: Changes): string {
  const nothing = "There are no files to index.";
  if (folder) return `${nothing} ${folder.source}: ${folder.reason}`;
  return (
    `${nothing} These are read: ${readExtensions}. ` +
    "What .gitignore files name is read with --no-ignore only."
  );
}

function globs(patterns: readonly string[] | undefined): Globs | undefined {
  return patterns && new Globs(patterns);
}

/** The folder of the store, to which a run can save. */
async function checkedFolder(name: string, places: readonly string[]): Promise<string> {
  await refuseFile(name);
  const folder = await realPath(resolve(name));
  await refuseOtherFolder(name, folder);
  refuseStoreAsInput(places, name, folder);
  await checkFolderIsWritable(name);
  return folder;
}

/** The flags, else those of the last run. */
function chunkSettings(
  { chunkTokens, chunkOverlap }: Pick<PlanFlags, "chunkTokens" | "chunkOverlap">,
  settings: StoreSettings | undefined,
  command: Command,
): ChunkSettings {
  const last = chunkTokens === undefined ? settings?.chunks : undefined;
  const tokens = chunkTokens ?? last?.tokens ?? chunkDefaults.tokens;
  const overlap = chunkOverlap ?? last?.overlap ?? chunkDefaults.overlapOf(tokens);
  if (overlap >= tokens)
    command.error(`error: --chunk-overlap must be less than the ${tokens} tokens of a chunk.`);
  return { tokens, overlap };
}
