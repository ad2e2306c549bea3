import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { manifestName, nearestOption, sentenceOf } from "@embeddinggemma/internal";
import {
  localPath,
  storeFolder,
  whyForeign,
  whyNotFolder,
  whyNotWritable,
} from "@embeddinggemma/internal/node";
import { ownerOfFolder, whyReadOnly } from "../documents/foreign-documents.ts";
import type { ProgramSettings } from "./arguments.ts";
import { CannotRun } from "./cannot-run.ts";

/** The folder of `--store`. */
export interface StoreFolder {
  readonly folder: string;
  /** Whether clients cannot change it. */
  readonly isReadOnly: boolean;
  /** Why it is read-only although `--read-only` was not given. */
  readonly note?: string;
  /** That there is no store yet, which can be a mistake. */
  readonly warning?: string;
}

/**
 * Finds out before the time that it takes to load a model that a folder cannot be the store.
 *
 * @throws CannotRun
 */
export async function checkStoreFolder({
  store,
  readOnly,
}: Pick<ProgramSettings, "store" | "readOnly">): Promise<StoreFolder | undefined> {
  if (store === undefined) return undefined;
  const found = localPath(store);
  if ("fault" in found) throw new CannotRun(`--store takes a folder, not ${store}. ${found.fault}`);
  const folder = found.path;
  await refuseOtherThanStore(store, folder);
  const owner = await ownerOfFolder(folder);
  if (owner !== undefined) {
    const note = `${store} is read-only for clients. ${whyReadOnly(owner)}`;
    return { folder, isReadOnly: true, ...(!readOnly && { note }) };
  }
  if (readOnly) {
    if (isStore(folder)) return { folder, isReadOnly: true };
    throw new CannotRun(`There is no store in ${store}, and with --read-only, clients make none.`);
  }
  const error = await whyNotWritable(folder);
  if (error === undefined) {
    if (isStore(folder)) return { folder, isReadOnly: false };
    return { folder, isReadOnly: false, warning: await newStoreWarning(store, folder) };
  }
  const advice = isStore(folder) ? " To serve the store as it is, add --read-only." : "";
  throw new CannotRun(`${store} cannot be written: ${sentenceOf(error)}${advice}`, {
    cause: error,
  });
}

function isStore(folder: string): boolean {
  return existsSync(join(folder, manifestName));
}

async function newStoreWarning(store: string, folder: string): Promise<string> {
  const beside = dirname(folder);
  const names = await readdir(beside).catch((): string[] => []);
  const stores = names.filter((name) => isStore(join(beside, name)));
  const nearest = nearestOption(basename(folder), stores);
  const advice = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  return `There is no store in ${store} yet, so it is new and empty.${advice}`;
}

/** @throws CannotRun */
async function refuseOtherThanStore(store: string, folder: string): Promise<void> {
  const reason = await whyNotFolder(store, folder);
  if (reason !== undefined) throw new CannotRun(reason);
  const there = await storeFolder(folder).catch((cause: Error) => {
    throw new CannotRun(`${store} cannot be read: ${sentenceOf(cause)}`, { cause });
  });
  if (there.kind === "damaged")
    throw new CannotRun(
      `${store} is a damaged store: ${manifestName} is missing. Restore it, or delete the folder.`,
    );
  if (there.kind === "foreign") throw new CannotRun(whyForeign(store, there.file));
}
