import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Adapter, EmbeddingGemmaError } from "@embeddinggemma/core";
import { sentenceOf } from "@embeddinggemma/internal";
import { absolutePath, makeFolder } from "@embeddinggemma/internal/node";
import { checkOptions, invalidArgument, isRecord, show } from "../check.ts";
import { namesIn } from "./names-in.ts";

/**
 * Writes an adapter to a folder, for `Adapter.load` and the option `adapter` of `Embedder.load`. A
 * folder that holds an adapter is replaced as a whole, so nobody reads half of one.
 *
 * @example
 * await saveAdapter(adapter, "./adapters/planets");
 *
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT`, also for a folder with other files, and for one
 * that cannot be written
 */
export async function saveAdapter(adapter: Adapter, folder: string | URL): Promise<void> {
  checkAdapter(adapter);
  const path = absolutePath(folder, { checkOptions, invalidArgument });
  const parent = dirname(path);
  const files = Object.entries(adapter.files());
  await checkFolder(
    path,
    files.map(([name]) => name),
  );
  const temporary = join(parent, `.${basename(path)}.${randomUUID()}`);
  try {
    await makeFolder(parent);
    await mkdir(temporary);
    for (const [name, bytes] of files) await writeDurably(join(temporary, name), bytes);
    await syncFolder(temporary);
    await replaceFolder(temporary, path);
    await syncFolder(parent);
  } catch (error) {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      `The adapter could not be saved to ${show(path)}: ${sentenceOf(error)} Choose a folder ` +
        "you can write to, on a disk with free space.",
      { folder: path },
      { cause: error },
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Not `instanceof`: two copies of the package may be installed. */
function checkAdapter(adapter: unknown): void {
  if (isRecord(adapter) && typeof adapter.files === "function") return;
  const isReport = isRecord(adapter) && isRecord(adapter.adapter);
  const isPromise = adapter instanceof Promise;
  const hint = isReport ? "Pass `adapter` of the report." : "Add the missing `await`.";
  throw invalidArgument("adapter", adapter, "an Adapter", isReport || isPromise ? hint : undefined);
}

/** Only an adapter may be replaced. */
async function checkFolder(path: string, names: readonly string[]): Promise<void> {
  const found = await namesIn(path, "folder");
  const other = found.find((name) => !names.includes(name));
  if (other === undefined) return;
  throw invalidArgument(
    "folder",
    path,
    "a new folder, or one with only an adapter",
    `It has ${other}.`,
  );
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, "wx");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Systems cannot rename a folder to the name of one with files. Another call may save its folder
 * in between; then that one is replaced, too.
 */
async function replaceFolder(from: string, to: string): Promise<void> {
  const aside = `${from}.old`;
  for (;;) {
    const existed = await rename(to, aside).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOTEMPTY" || code === "EEXIST") continue;
      if (existed) await rename(aside, to);
      throw error;
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  }
}

/** Waits until the entries of a folder are on disk, on systems that support this. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
