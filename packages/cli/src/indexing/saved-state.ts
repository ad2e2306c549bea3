import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { FaissStore } from "@embeddinggemma/faiss";
import { UsageError } from "../failures/command-error.ts";
import type { DocumentStore } from "../store/check-embedder.ts";
import { sourceOf } from "../store/chunk-id.ts";
import { openStore } from "../store/open-store.ts";
import { type IndexedFile, readSettings, type StoreSettings } from "../store/store-settings.ts";
import { findRoot } from "./find-root.ts";
import { otherNames } from "./other-names.ts";
import { realPath } from "./real-path.ts";

/** What earlier runs have left in the folder of a store. */
export interface SavedState {
  readonly store: DocumentStore | undefined;
  /** Undefined also if another program made the store. */
  readonly settings: StoreSettings | undefined;
  /** The folder that sources are relative to. */
  readonly root: string;
  /** Whether the store is in another place than when it was saved, and the user names no root. */
  readonly hasMoved: boolean;
  /** The names that sources have below another root than before, by those that they have. */
  readonly names: ReadonlyMap<string, string>;
  /** The ids of the chunks in the store, by source. */
  readonly idsOf: ReadonlyMap<string, ReadonlySet<string>>;
  /** Files whose chunks are all in the store, by source. */
  readonly files: ReadonlyMap<string, IndexedFile>;
}

/**
 * Reads the folder of a store, which need not exist.
 *
 * @param name - the folder as the user has written it
 * @param folder - without symbolic links
 * @param chosenRoot - the folder that sources are relative to, if the user has named it
 * @throws CommandError if its settings are damaged, or if it was moved away from its files;
 * UsageError if `chosenRoot` is no folder
 */
export async function readSavedState(
  name: string,
  folder: string,
  chosenRoot?: string,
): Promise<SavedState> {
  const settings = await readSettings(folder);
  const store = (await FaissStore.exists(folder)) ? await openStore(name, folder) : undefined;
  const root =
    chosenRoot === undefined
      ? rootOf(folder, settings)
      : await checkedRoot(chosenRoot, settings && resolve(folder, settings.root));
  const idsOf = store ? idsBySource(store) : new Map<string, Set<string>>();
  const files = Object.entries(settings?.files ?? {}).filter(
    ([source, { chunks }]) => (idsOf.get(source)?.size ?? 0) === chunks,
  );
  const sources = new Set([...idsOf.keys(), ...Object.keys(settings?.files ?? {})]);
  const names = namesBelow(root, [...sources], folder, settings);
  const before = settings?.folder ?? folder;
  const hasMoved = chosenRoot === undefined && before !== folder;
  return { store, settings, root, hasMoved, names, idsOf, files: new Map(files) };
}

/** None if the store has moved: its root is another one anyway. */
function namesBelow(
  root: string,
  sources: readonly string[],
  folder: string,
  settings: StoreSettings | undefined,
): ReadonlyMap<string, string> {
  if (!settings || (settings.folder ?? folder) !== folder) return new Map();
  return otherNames(sources, resolve(folder, settings.root), root);
}

function rootOf(folder: string, settings: StoreSettings | undefined): string {
  return settings ? findRoot(folder, settings) : process.cwd();
}

/**
 * @param known - that of the store, whose drive may not be mounted
 * @throws UsageError
 */
async function checkedRoot(name: string, known: string | undefined): Promise<string> {
  const root = await realPath(resolve(name));
  if (root === known || (await isFolder(root))) return root;
  throw new UsageError(`There is no folder ${root}. Check --root.`);
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

/** The ids of the chunks in a store, by source. */
export function idsBySource(store: DocumentStore): Map<string, Set<string>> {
  const idsOf = new Map<string, Set<string>>();
  for (const id of store.ids()) {
    const source = sourceOf(id);
    if (source === undefined) continue;
    const ids = idsOf.get(source) ?? new Set();
    idsOf.set(source, ids.add(id));
  }
  return idsOf;
}
