import { randomBytes } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isDataFile, isUnfinishedManifest, manifestName } from "@embeddinggemma/internal";
import { makeFolder } from "@embeddinggemma/internal/node";
import { FaissStoreError, sentenceOf } from "../errors.ts";
import type { SaveOptions } from "../types.ts";
import { syncDirectory, writeDurably } from "./durable-file.ts";
import { withFolderLock } from "./folder-lock.ts";
import { isSameIdentity } from "./identity.ts";
import {
  hasManifest,
  lacksManifest,
  manifestMissing,
  manifestText,
  readManifest,
} from "./manifest.ts";
import { type ContentVersion, filesOf, type Manifest } from "./manifest-content.ts";
import { writeAdvice } from "./write-advice.ts";
import { type SavedContent, writeContent } from "./write-content.ts";

/** What a folder contained when a store was last opened from it or saved to it. */
export interface SavedState {
  manifest: Manifest;
  /** The table that was saved, and its version at that time. */
  lineage: symbol;
  version: number;
}

/** What a store knows about saved states of itself. */
export interface KnownStates {
  /** What the folder contained, if the store was opened from this path or saved to it. */
  here: SavedState | undefined;
  /** What every such folder contained. One of them may have moved, or has a second name. */
  all: readonly SavedState[];
}

const defaultLockTimeout = 10_000;

/** To build the store again, as an error advises, is what a save has just done. */
function withOverwrite(error: unknown): unknown {
  if (!FaissStoreError.isInstance(error) || error.code !== "FILE_DAMAGED") return error;
  const advice = "or save the store with overwrite: true, which replaces it.";
  const message = error.message.replace(/or build the store again\.$/, advice);
  return new FaissStoreError(error.code, message, error.details, { cause: error });
}

/**
 * Saves a store to a folder: writes new files next to the existing ones, waits until they are on
 * disk, then replaces the manifest. That last step switches the folder to the new state.
 */
export async function writeStore<R>(
  directory: string,
  content: SavedContent<R>,
  known: KnownStates,
  { overwrite, lockTimeout = defaultLockTimeout }: SaveOptions,
): Promise<SavedState> {
  const mustBeThere = known.here !== undefined && overwrite === false;
  try {
    if (mustBeThere && !(await isThere(directory))) throw storeIsGone(directory);
    if (!overwrite && (await lacksManifest(directory))) throw manifestMissing(directory);
    await makeDirectory(directory);
    return await withFolderLock(directory, lockTimeout, async (checkHeld) => {
      const current = await readManifest(directory).catch((error) => {
        if (overwrite) return undefined;
        throw withOverwrite(error);
      });
      if (mustBeThere && !current) throw storeIsGone(directory);
      const saved = current && known.all.find(({ manifest }) => isSame(current, manifest));
      if (current && !saved && !overwrite)
        checkReplaceable(directory, current, content, known, overwrite);
      const intact = saved && (await hasFiles(directory, current)) ? saved : undefined;
      if (intact && isUpToDate(content, intact)) return intact;
      const generation = (current?.generation ?? 0) + 1;
      return await writeGeneration(directory, content, intact, generation, checkHeld);
    });
  } catch (error) {
    throw FaissStoreError.isInstance(error) && error.code !== "ENGINE_FAILED"
      ? error
      : await saveFailed(directory, error);
  }
}

/** @param intact - what the folder contains now, if it can be built upon */
async function writeGeneration<R>(
  directory: string,
  content: SavedContent<R>,
  intact: SavedState | undefined,
  generation: number,
  checkHeld: () => Promise<void>,
): Promise<SavedState> {
  const { lineage, version } = content.table;
  const suffix = `${generation}-${randomBytes(4).toString("hex")}`;
  const temporaryManifest = `${manifestName}.${suffix}`;
  try {
    const old = intact?.lineage === lineage ? intact.manifest : undefined;
    const manifest = await writeContent(content, { directory, generation, suffix, old });
    await writeDurably(directory, temporaryManifest, [Buffer.from(manifestText(manifest))]);
    await syncDirectory(directory);
    await checkHeld();
    await rename(join(directory, temporaryManifest), join(directory, manifestName));
    await syncDirectory(directory);
    const named = new Set(filesOf(manifest).map(({ file }) => file));
    await removeFiles(directory, (file) => {
      return isUnfinishedManifest(file) || (isDataFile(file) && !named.has(file));
    });
    return { manifest, lineage, version };
  } catch (error) {
    await removeFiles(directory, (file) => file.includes(suffix));
    throw error;
  }
}

/** Creates a folder and its missing parents, and syncs every folder that has a new entry. */
async function makeDirectory(directory: string): Promise<void> {
  const first = await makeFolder(directory);
  if (first === undefined) return;
  for (let made = directory; ; made = dirname(made)) {
    await syncDirectory(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

/**
 * A folder that is in none of the known states can be replaced if this store has not used that path
 * yet, and the folder contains another store, or this one without changes that it lacks. An empty
 * store does not replace the items of another one: it was probably meant to be opened from there.
 *
 * @throws FaissStoreError `STORE_CHANGED`
 */
function checkReplaceable<R>(
  directory: string,
  current: Manifest,
  { id, versions, table }: SavedContent<R>,
  { here }: KnownStates,
  overwrite: boolean | undefined,
): void {
  const isOther = current.id !== id;
  if (!here && isOther && table.size === 0 && current.size > 0)
    throw emptyReplacement(directory, current);
  const isNewer = !isOther && !includes(versions, current.versions);
  if (!here && !isNewer && overwrite === undefined) return;
  const since = here ? ` (generation ${current.generation}, not ${here.manifest.generation})` : "";
  const what =
    here || isNewer
      ? `Another writer has saved there since this store was opened from it or saved to it${since}.`
      : "That folder contains another store, and overwrite: false was given.";
  throw new FaissStoreError(
    "STORE_CHANGED",
    `The store was not saved to ${directory}. ${what} ` +
      "Open or load that store and repeat your changes, or pass overwrite: true to replace it.",
    { directory, expected: here?.manifest.generation, found: current.generation },
  );
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** Whoever has removed the folder does not want the items back. */
function storeIsGone(directory: string): FaissStoreError {
  return new FaissStoreError(
    "STORE_CHANGED",
    `The store was not saved to ${directory}: the store that it was opened from, or saved to, is ` +
      "no longer there. Open or create a store again and repeat your changes, or pass " +
      "overwrite: true to save all items there again.",
    { directory },
  );
}

function emptyReplacement(directory: string, { size, generation }: Manifest): FaissStoreError {
  const items = size === 1 ? "1 item" : `${size} items`;
  return new FaissStoreError(
    "STORE_CHANGED",
    `The store was not saved to ${directory}: it has 0 items, and the store in that folder has ` +
      `${items}. To add to that store, load it first. To replace it by an empty one, pass ` +
      "overwrite: true.",
    { directory, found: generation, size: 0, foundSize: size },
  );
}

/** Whether a content includes all changes of an older one. Release 0.1 saved no versions. */
function includes(versions: ContentVersion, older: ContentVersion | undefined): boolean {
  if (!older) return false;
  return Object.entries(older).every(([session, count]) => (versions[session] ?? 0) >= count);
}

function isSame(one: Manifest, other: Manifest): boolean {
  return (
    one.id === other.id &&
    one.generation === other.generation &&
    manifestText(one) === manifestText(other)
  );
}

function isUpToDate<R>(content: SavedContent<R>, state: SavedState): boolean {
  const { settings, index } = content;
  const indexed = settings.kind.isFlat ? 0 : (index?.covered ?? 0);
  return (
    isSameContent(content, state) && (indexed === 0 || indexed === state.manifest.index_file?.rows)
  );
}

/** Whether nothing that a user sees has changed since a state was saved. */
export function isSameContent<R>(
  { table, settings, identity }: Pick<SavedContent<R>, "table" | "settings" | "identity">,
  { lineage, version, manifest }: SavedState,
): boolean {
  return (
    lineage === table.lineage &&
    version === table.version &&
    isSameIdentity(manifest.identity, identity ?? null) &&
    manifest.oversample === settings.oversample &&
    manifest.nprobe === (settings.nprobe ?? null) &&
    manifest.efSearch === (settings.efSearch ?? null)
  );
}

/** Whether all files that a manifest names exist, with the right sizes. */
async function hasFiles(directory: string, manifest: Manifest): Promise<boolean> {
  const checks = await Promise.all(
    filesOf(manifest).map(async ({ file, bytes }) => {
      const { size } = await stat(join(directory, file)).catch(() => ({ size: -1 }));
      return size === bytes;
    }),
  );
  return !checks.includes(false);
}

async function removeFiles(
  directory: string,
  isUnwanted: (file: string) => boolean,
): Promise<void> {
  const files: string[] = await readdir(directory).catch(() => []);
  for (const file of files)
    if (isUnwanted(file)) await rm(join(directory, file), { force: true }).catch(() => {});
}

async function saveFailed(directory: string, error: unknown): Promise<FaissStoreError> {
  const hasStore = await hasManifest(directory).catch(() => false);
  const intact = hasStore ? "What was saved there before is intact. " : "";
  return new FaissStoreError(
    "SAVE_FAILED",
    `The store could not be saved to ${directory}: ${sentenceOf(error)} ` +
      `${intact}${writeAdvice(error)}`,
    { directory },
    { cause: error },
  );
}
