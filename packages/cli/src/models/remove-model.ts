import { removeCachedModel, scanModelCache } from "@embeddinggemma/core";
import { UsageError } from "../failures/command-error.ts";
import { confirm } from "../terminal/confirm.ts";
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
  if (found && !yes) {
    const what = `Delete ${found.path}, ${formatBytes(found.size)}?`;
    if (!terminal.interactive)
      throw new UsageError(`${what} There is no terminal to ask you. Add --yes to delete it.`);
    if (!(await confirm(what, terminal))) return note(terminal, "Nothing was deleted.");
  }
  const { path, size } = await removeCachedModel(id, { cacheDir });
  if (json) return print(terminal, JSON.stringify({ id, path, size }));
  print(terminal, `Deleted ${id}: ${formatBytes(size)} are free.`);
}
