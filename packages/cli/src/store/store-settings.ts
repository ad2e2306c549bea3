import { readFile, realpath, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasMergeConflict, indexSettingsName } from "@embeddinggemma/internal";
import { type LockFailure, withFolderLock } from "@embeddinggemma/internal/node";
import { CommandError } from "../failures/command-error.ts";
import { fileFailure } from "../failures/file-failure.ts";
import type { ModelFlags } from "../model/model-options.ts";
import { mergeConflict } from "./merge-conflict.ts";
import { withAbsolutePaths, withRelativePaths } from "./model-paths.ts";

/** What the program remembers of a store, in a file in its folder. */
export interface StoreSettings {
  /**
   * The flags that load the model that made the vectors. Paths are absolute here, and relative to
   * the store in the file.
   */
  readonly model: ModelFlags;
  /** The most tokens of a chunk, and how many of them the next chunk repeats. */
  readonly chunks: { readonly tokens: number; readonly overlap: number };
  /** Absolute path of the store when it was saved; it may have moved since. */
  readonly folder?: string;
  /** The folder that sources are relative to, relative to the store. */
  readonly root: string;
  /** The files whose chunks are in the store, by source. */
  readonly files: Readonly<Record<string, IndexedFile>>;
}

/** A file whose chunks are in the store. */
export interface IndexedFile {
  /** Of the file's bytes, and of how they become chunks. */
  readonly digest: string;
  /** Number of chunks. */
  readonly chunks: number;
  /** Whether a run has named it, and not only a folder above it. */
  readonly named?: true | undefined;
  /** What is wrong with it, although it is indexed. */
  readonly fault?: string | undefined;
}

/** What a new store has. */
export const chunkDefaults = {
  tokens: 256,
  overlapOf: (tokens: number) => Math.floor(tokens / 8),
};

/**
 * The settings of a store; undefined if another program made the store, or there is none.
 *
 * @throws CommandError if they are damaged
 */
export async function readSettings(store: string): Promise<StoreSettings | undefined> {
  const path = join(store, indexSettingsName);
  let text: string | undefined;
  try {
    text = await readFile(path, "utf8");
    const settings = settingsOf(JSON.parse(text));
    const model = withAbsolutePaths(settings.model, await realpath(store), settings.folder);
    return { ...settings, model };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (text !== undefined && hasMergeConflict(text)) throw mergeConflict(path, store);
    throw new CommandError(
      `The file ${path} cannot be read: ${fileFailure(error)}. ` +
        "Restore it, or index your files in a new store.",
    );
  }
}

function settingsOf(content: unknown): StoreSettings {
  const { model, chunks, files, root } = Object(content) as Record<string, unknown>;
  if ([model, chunks, files].some((part) => Object(part) !== part) || typeof root !== "string")
    throw new Error("parts of it are missing");
  return content as StoreSettings;
}

/** How many milliseconds to wait for another program, which may be saving a large store. */
export const lockTimeout = 60_000;

/**
 * Changes the settings in the folder of a store, while no other program saves to it. A crash leaves
 * the old ones or the new ones.
 *
 * @throws CommandError if another program saves for longer than `timeout` milliseconds
 */
export async function changeSettings(
  store: string,
  change: (saved: StoreSettings | undefined) => StoreSettings,
  timeout = lockTimeout,
): Promise<void> {
  const path = join(store, indexSettingsName);
  const errorFor = (failure: LockFailure) => notLocked(store, failure);
  await withFolderLock(store, { timeout, errorFor }, async (checkHeld) => {
    const settings = change(await readSettings(store));
    const model = withRelativePaths(settings.model, await realpath(store));
    const content = JSON.stringify({ ...settings, model }, undefined, 1);
    await writeFile(`${path}.new`, `${content}\n`, { flush: true });
    await checkHeld();
    await rename(`${path}.new`, path);
  });
}

function notLocked(store: string, { isLost, description }: LockFailure): CommandError {
  return new CommandError(
    isLost
      ? `Another program took ${store} over while this one was suspended (${description}). Run ` +
          "the command again."
      : `Another program is saving to ${store} (${description}). Run the command again when it ` +
          "has ended. If it no longer runs, delete the lock file.",
  );
}
