import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FaissStore, FaissStoreError, type SaveOptions } from "@embeddinggemma/faiss";
import { isRecord, show } from "@embeddinggemma/internal";
import { absolutePath, folderKind, pathRule } from "@embeddinggemma/internal/node";
import { DEFAULT_PERSIST_DIR } from "@llamaindex/core/global";
import { storeChecker } from "./check-options.ts";
import type { NodeRecord } from "./node-record.ts";

/** Beside `doc_store.json` and `index_store.json`. */
export const folderName = "faiss_vector_store";

/** Where the store of a storage context is. */
export interface StoreFolder {
  /** Absolute path of the folder of the storage context. */
  persistDir: string;
  /** Distinguishes several stores of one storage context. */
  namespace: string | undefined;
  /** Absolute path of the store. */
  path: string;
}

/** A namespace is followed by two underscores, as in LlamaIndex (Python). */
export function storeFolder(persistDir: string | URL, namespace: string | undefined): StoreFolder {
  const absolute = absolutePath(persistDir, storeChecker);
  const name = namespace === undefined ? folderName : `${namespace}__${folderName}`;
  return { persistDir: absolute, namespace, path: join(absolute, name) };
}

/**
 * Checks the arguments of `fromPersistDir`.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function checkOpenArguments(given: readonly unknown[]): void {
  checkPersistDir(given);
  const [, params] = given;
  if (!isRecord(params) || params.persistDir === undefined) return;
  throw storeChecker.invalidArgument(
    "persistDir of the options",
    params.persistDir,
    "left out here",
    "persistDir is given twice: it is the first argument.",
  );
}

/**
 * Checks the first of some arguments. A folder that is undefined may come from a variable of the
 * environment that is not set: the default would be another store.
 *
 * @param fallback - the folder that is used if no argument is given
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function checkPersistDir(given: readonly unknown[], fallback = DEFAULT_PERSIST_DIR): void {
  const [persistDir] = given;
  if (given.length === 0 || persistDir !== undefined) return;
  const hint = `To use ${show(fallback)}, pass it.`;
  throw storeChecker.invalidArgument("persistDir", persistDir, pathRule.expected, hint);
}

/** Where to save a store. */
export interface SaveTarget {
  /** The folder that the caller has named. */
  persistDir: string | URL | undefined;
  namespace: string | undefined;
  /** The folder that the store was opened from. */
  own: StoreFolder | undefined;
}

/**
 * Saves a store to the folder of a storage context.
 *
 * @throws FaissStoreError those of `FaissStore.save`
 */
export async function saveTo(
  store: FaissStore<NodeRecord>,
  { persistDir, namespace, own }: SaveTarget,
  options?: SaveOptions,
): Promise<void> {
  const folder = storeFolder(persistDir ?? own?.persistDir ?? DEFAULT_PERSIST_DIR, namespace);
  const isOwn = folder.path === own?.path;
  // Whoever names a folder replaces what is there.
  const isCareful = isOwn || persistDir === undefined;
  const overwrite = options?.overwrite ?? (isCareful ? false : undefined);
  await store.save(folder.path, { ...options, overwrite }).catch((error) => {
    throw isOwn ? explainChanged(error, folder) : explainNotReplaced(error, folder);
  });
}

/**
 * Checks that opening a store does not hide one that another tool, or another call, has saved.
 *
 * @throws FaissStoreError `NOT_A_STORE`
 */
export async function refuseForeignFolder({ persistDir, namespace, path }: StoreFolder) {
  if (await FaissStore.exists(path)) return;
  const { kind, finding, advice } = await folderKind(persistDir);
  const pythonFile = join(persistDir, `${namespace ?? "default"}__vector_store.json`);
  const hasPythonFile = await isFile(pythonFile);
  if (kind === "llamaindex-python" || hasPythonFile) {
    throw new FaissStoreError(
      "NOT_A_STORE",
      `LlamaIndex (Python) has saved ${hasPythonFile ? pythonFile : persistDir}. Import it: ` +
        `FaissVectorStore.loadFromPython("${persistDir}", { persistDir }). If it has no vectors, ` +
        "embed the documents again in another folder.",
      { path: pythonFile },
    );
  }
  if (kind === "none" || kind === "llamaindex-ts") return;
  const meant = kind === "store" ? folderAbove(persistDir) : undefined;
  throw new FaissStoreError(
    "NOT_A_STORE",
    `persistDir is ${persistDir}, which ${finding}. ${meant ?? advice ?? "Pass a folder."}`,
    { path: persistDir },
  );
}

/** The error for a folder that must contain a store, and does not. */
export function noStoreIn({ path }: StoreFolder): FaissStoreError {
  return new FaissStoreError(
    "NOT_A_STORE",
    `There is no store in ${path}, and \`mustExist: true\` was given. Check the path, or run the ` +
      "program that saves the store.",
    { path },
  );
}

/** What to do with the folder of a store itself; undefined if it is none of this package. */
function folderAbove(path: string): string | undefined {
  const match = /^(?:(.+)__)?faiss_vector_store$/.exec(basename(path));
  if (!match) return undefined;
  const [, namespace] = match;
  const params = namespace === undefined ? "" : `, { namespace: ${show(namespace)} }`;
  const call = `FaissVectorStore.fromPersistDir(${show(dirname(path))}${params})`;
  return `Did you mean the folder above it? ${call}`;
}

/** Says what to do when another store was saved to the folder. `overwrite` would erase that one. */
export function explainChanged(error: unknown, folder: StoreFolder | undefined): unknown {
  if (!folder || !FaissStoreError.isInstance(error)) return error;
  if (error.code !== "STORE_CHANGED") return error;
  if (error.details.found === undefined) return error; // The folder was removed.
  return new FaissStoreError(
    "STORE_CHANGED",
    `The store was not saved to ${folder.path}: another store has been saved there since this ` +
      "one was opened or saved. If another program did that, open the store again and repeat the " +
      "change. If one storage context has several stores, such as one for texts and one for " +
      "images, give each a `namespace`: FaissVectorStore.fromPersistDir(persistDir, { namespace: " +
      '"image" }).',
    error.details,
    { cause: error },
  );
}

/** Says what to do when a folder contains another store, which this one was not opened from. */
function explainNotReplaced(error: unknown, { persistDir, namespace, path }: StoreFolder): unknown {
  if (!FaissStoreError.isInstance(error) || error.code !== "STORE_CHANGED") return error;
  // It was saved there before: another writer has saved since.
  if (error.details.expected !== undefined) return error;
  const others = namespace === undefined ? "" : `, { namespace: ${show(namespace)} }`;
  const { foundSize } = error.details;
  const nodes = foundSize === 1 ? "1 node" : `${foundSize} nodes`;
  const what =
    foundSize === undefined
      ? "another store is there"
      : `it has 0 nodes, and the store there has ${nodes}`;
  return new FaissStoreError(
    "STORE_CHANGED",
    `The store was not saved to ${path}: ${what}. To add to that one, open it: ` +
      `FaissVectorStore.fromPersistDir(${show(persistDir)}${others}). To keep both, pass another ` +
      `folder. To replace it: persist(${show(persistDir)}, { overwrite: true }).`,
    error.details,
    { cause: error },
  );
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
