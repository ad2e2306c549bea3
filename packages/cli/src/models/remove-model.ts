import { confirm } from "@clack/prompts";
import { removeCachedModel, scanModelCache } from "@embeddinggemma/core";
import { CommandError } from "../command-error.ts";
import { formatBytes } from "../terminal/format-bytes.ts";
import { note, print, type Terminal } from "../terminal/terminal.ts";

export interface RemoveFlags {
  cacheDir?: string;
  yes?: boolean;
  json?: boolean;
}

/** Deletes a model from the cache, after a question. */
export async function removeModel(
  id: string,
  { cacheDir, yes, json }: RemoveFlags,
  terminal: Terminal,
): Promise<void> {
  const { models } = await scanModelCache({ cacheDir });
  const found = models.find((model) => model.id === id);
  // What is not there needs no question: its removal fails.
  if (found && !yes && !(await isConfirmed(`Delete ${found.path}`, found.size, terminal)))
    return note(terminal, "Nothing was deleted.");
  const { path, size } = await removeCachedModel(id, { cacheDir });
  if (json) return print(terminal, JSON.stringify({ id, path, size }));
  print(terminal, `Deleted ${id}: ${formatBytes(size)} are free.`);
}

async function isConfirmed(what: string, size: number, terminal: Terminal): Promise<boolean> {
  const { input, errors, interactive, signal } = terminal;
  if (!interactive || !(input as NodeJS.ReadStream).isTTY) {
    throw new CommandError(
      `${what} (${formatBytes(size)})? There is no terminal to ask you. Add --yes to delete it.`,
    );
  }
  const message = `${what} (${formatBytes(size)})?`;
  // Ctrl-C gives a symbol.
  return (await confirm({ message, input, output: errors, signal, initialValue: false })) === true;
}
