import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FaissStoreError, reasonOf } from "../errors.ts";
import type { RowIndex } from "../index/row-index.ts";
import type { StoreSettings } from "../options.ts";
import type { Table } from "../rows/table.ts";
import type { Identity, SaveOptions } from "../types.ts";
import { syncDirectory, syncFile, writeDurably } from "./durable-file.ts";
import { withFolderLock } from "./folder-lock.ts";
import { isSameIdentity } from "./identity.ts";
import { filesOf, manifestName, manifestText, readManifest } from "./manifest.ts";
import { isFileOfAStore, type Manifest } from "./manifest-content.ts";
import { recordLines } from "./record-file.ts";
import { vectorFileHeader } from "./vector-file.ts";

/** The content of a folder when a store was last opened from it or saved to it. */
export interface SavedState {
  manifest: Manifest;
  /** The table that was saved, and its version at that time. */
  lineage: symbol;
  version: number;
}

export interface SavedContent<R> {
  id: string;
  table: Table<R>;
  index: RowIndex<R> | undefined;
  settings: StoreSettings;
  identity: Identity | undefined;
}

const defaultLockTimeout = 10_000;

/**
 * Saves a store to a folder: writes new files beside the existing ones, waits for the disk, then
 * replaces the manifest. At that moment the folder changes from the old state to the new one.
 */
export async function writeStore<R>(
  directory: string,
  content: SavedContent<R>,
  saved: SavedState | undefined,
  { overwrite, lockTimeout = defaultLockTimeout }: SaveOptions,
): Promise<SavedState> {
  try {
    await makeDirectory(directory);
    return await withFolderLock(directory, lockTimeout, async (checkHeld) => {
      const present = await readManifest(directory).catch((error) => {
        if (overwrite) return undefined;
        throw error;
      });
      checkUnchanged(directory, present, saved, overwrite);
      const base = present && saved && isSame(present, saved.manifest) ? saved : undefined;
      const kept = base && (await filesArePresent(directory, base.manifest)) ? base : undefined;
      if (kept && isUpToDate(content, kept)) return kept;
      return await writeGeneration(
        directory,
        content,
        kept,
        (present?.generation ?? 0) + 1,
        checkHeld,
      );
    });
  } catch (error) {
    throw FaissStoreError.isInstance(error) && error.code !== "ENGINE_FAILED"
      ? error
      : saveFailed(directory, error);
  }
}

async function writeGeneration<R>(
  directory: string,
  content: SavedContent<R>,
  kept: SavedState | undefined,
  generation: number,
  checkHeld: () => Promise<void>,
): Promise<SavedState> {
  const { table } = content;
  const suffix = `${generation}-${randomBytes(4).toString("hex")}`;
  const temporaryManifest = `${manifestName}.${suffix}`;
  try {
    const old = kept?.lineage === table.lineage ? kept.manifest : undefined;
    const manifest = await writeFiles(directory, content, old, suffix);
    manifest.generation = generation;
    await writeDurably(directory, temporaryManifest, [Buffer.from(manifestText(manifest))]);
    await syncDirectory(directory);
    await checkHeld();
    await rename(join(directory, temporaryManifest), join(directory, manifestName));
    await syncDirectory(directory);
    await removeFiles(
      directory,
      (file) => isOurs(file) && !filesOf(manifest).some((stored) => stored.file === file),
    );
    return { manifest, lineage: table.lineage, version: table.version };
  } catch (error) {
    await removeFiles(directory, (file) => file.includes(suffix));
    throw error;
  }
}

async function writeFiles<R>(
  directory: string,
  { id, table, index, settings, identity }: SavedContent<R>,
  old: Manifest | undefined,
  suffix: string,
): Promise<Manifest> {
  const segments = old ? keptSegments(old, table.rows) : [];
  const start = segments.reduce((rows, segment) => rows + segment.rows, 0);
  if (start < table.rows) {
    const extension = settings.precision === "int8" ? "int8" : "faiss";
    segments.push({
      rows: table.rows - start,
      vectors: await writeDurably(
        directory,
        `vectors-${suffix}.${extension}`,
        vectorPieces(table, start),
      ),
      records: await writeDurably(
        directory,
        `records-${suffix}.jsonl`,
        recordLines(table, start, table.rows),
      ),
    });
  }
  const dead = deadRows(table, start);
  const deadBytes = Buffer.from(dead.buffer, dead.byteOffset, dead.byteLength);
  return {
    id,
    generation: 0,
    size: table.size,
    dimension: settings.dimension,
    searchDimension: settings.searchDimension,
    index: settings.kind.factory,
    oversample: settings.oversample,
    rescore: settings.precision,
    nprobe: settings.nprobe ?? null,
    efSearch: settings.efSearch ?? null,
    identity: identity ?? null,
    segments,
    deleted:
      dead.length === 0
        ? null
        : await writeDurably(directory, `deleted-${suffix}.bin`, [deadBytes]),
    index_file: await writeIndex(directory, index, settings, old, suffix),
  };
}

/**
 * The segments to keep. The last ones are merged with the new rows, so that each segment is at
 * least twice as large as the next.
 */
function keptSegments(old: Manifest, rows: number): Manifest["segments"] {
  const segments = [...old.segments];
  let added = rows - segments.reduce((sum, segment) => sum + segment.rows, 0);
  while (added > 0 && segments.length > 0 && segments.at(-1)!.rows < 2 * added)
    added += segments.pop()!.rows;
  return segments;
}

function* vectorPieces<R>(table: Table<R>, start: number): Iterable<Uint8Array> {
  yield vectorFileHeader(table.shape, table.rows - start);
  yield* table.vectors.bytes(start, table.rows);
}

function deadRows<R>(table: Table<R>, end: number): Uint32Array {
  const dead: number[] = [];
  for (let row = 0; row < end; row++) if (!table.isLive(row)) dead.push(row);
  return Uint32Array.from(dead);
}

/** A flat index is only the vectors; any other takes long to build, so it is saved. */
async function writeIndex<R>(
  directory: string,
  index: RowIndex<R> | undefined,
  settings: StoreSettings,
  old: Manifest | undefined,
  suffix: string,
): Promise<Manifest["index_file"]> {
  if (settings.kind.isFlat) return null;
  const previous = old?.index_file ?? null;
  const rows = index?.covered ?? 0;
  if (!index || rows === 0 || rows === previous?.rows) return previous;
  const file = `index-${suffix}.faiss`;
  await index.write(join(directory, file));
  return { ...(await syncFile(directory, file)), rows };
}

/** The name of a new folder must be durable too, in the folder that contains it. */
async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  for (let made = directory; ; made = dirname(made)) {
    await syncDirectory(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

/**
 * @param overwrite - if undefined, a store that was neither opened from this folder nor saved to it
 * replaces what is there
 */
function checkUnchanged(
  directory: string,
  present: Manifest | undefined,
  saved: SavedState | undefined,
  overwrite: boolean | undefined,
): void {
  const isUnknown = !saved && overwrite === undefined;
  if (overwrite || isUnknown || !present || (saved && isSame(present, saved.manifest))) return;
  const what = saved
    ? "since this store was opened or saved there " +
      `(generation ${present.generation}, not ${saved.manifest.generation})`
    : "a store that this one was neither opened from nor saved as";
  throw new FaissStoreError(
    "STORE_CHANGED",
    `Another writer has saved to ${directory} ${what}. ` +
      "Open it again and repeat the changes, or pass overwrite: true to replace what it saved.",
    { directory, expected: saved?.manifest.generation, found: present.generation },
  );
}

function isSame(one: Manifest, other: Manifest): boolean {
  return (
    one.id === other.id &&
    one.generation === other.generation &&
    manifestText(one) === manifestText(other)
  );
}

function isUpToDate<R>(
  { table, index, settings, identity }: SavedContent<R>,
  saved: SavedState,
): boolean {
  const indexed = settings.kind.isFlat ? 0 : (index?.covered ?? 0);
  return (
    saved.lineage === table.lineage &&
    saved.version === table.version &&
    isSameIdentity(saved.manifest.identity, identity ?? null) &&
    saved.manifest.oversample === settings.oversample &&
    saved.manifest.nprobe === (settings.nprobe ?? null) &&
    saved.manifest.efSearch === (settings.efSearch ?? null) &&
    (indexed === 0 || indexed === saved.manifest.index_file?.rows)
  );
}

async function filesArePresent(directory: string, manifest: Manifest): Promise<boolean> {
  const sizes = await Promise.all(
    filesOf(manifest).map(async ({ file, bytes }) => {
      const { size } = await stat(join(directory, file)).catch(() => ({ size: -1 }));
      return size === bytes;
    }),
  );
  return !sizes.includes(false);
}

function isOurs(file: string): boolean {
  return isFileOfAStore(file) || /^faiss-store\.json\.\d+-[0-9a-f]{8}$/.test(file);
}

async function removeFiles(
  directory: string,
  isUnwanted: (file: string) => boolean,
): Promise<void> {
  const files: string[] = await readdir(directory).catch(() => []);
  for (const file of files)
    if (isUnwanted(file)) await rm(join(directory, file), { force: true }).catch(() => {});
}

function saveFailed(directory: string, error: unknown): FaissStoreError {
  const remedies: Record<string, string> = {
    ENOSPC: "The disk is full. Free some space and save again.",
    EACCES: "Save to a folder that you have permission to write.",
    EROFS: "The file system is read-only. Save to a folder that can be written.",
    ENOTDIR: "Save to a folder, not below a file.",
    EEXIST: "Save to a folder, not to a file.",
  };
  const remedy =
    remedies[(error as NodeJS.ErrnoException).code ?? ""] ?? "Fix the cause and save again.";
  return new FaissStoreError(
    "SAVE_FAILED",
    `The store could not be saved to ${directory}: ${reasonOf(error)}. ` +
      `What was saved there before is unharmed. ${remedy}`,
    { directory },
    { cause: error },
  );
}
