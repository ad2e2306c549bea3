import { defaultModel, scanModelCache } from "@embeddinggemma/core";
import { CommandError } from "../failures/command-error.ts";
import { type ModelFlags, tiny } from "../model/model-options.ts";
import { openEmbedder } from "../model/open-embedder.ts";
import { formatBytes } from "../terminal/format-bytes.ts";
import { note, print, type Terminal } from "../terminal/terminal.ts";
import { howToReplace, wrongVectors } from "./how-to-replace.ts";

export interface DownloadFlags
  extends Pick<ModelFlags, "revision" | "dtype" | "cacheDir" | "offline"> {
  json?: boolean;
}

/**
 * Downloads the files that a load of a model needs, and computes what is computed once. If the
 * scores of the model are known, its vectors are compared with them: files can be damaged.
 */
export async function downloadModel(
  id = defaultModel,
  { json, ...flags }: DownloadFlags,
  terminal: Terminal,
): Promise<void> {
  if (id === tiny) return note(terminal, "The tiny model comes with this program.");
  await using embedder = await openEmbedder({ ...flags, model: id }, terminal);
  const { models } = await scanModelCache({ cacheDir: flags.cacheDir });
  const model = models.find((one) => one.id === id);
  if (!model) throw new CommandError(`${id} is a folder, so there is nothing to download.`);
  if ((await embedder.selfCheck())?.passed === false)
    throw new CommandError(`${id} gives wrong vectors. ${wrongVectors} ${howToReplace(id, flags)}`);
  const { path, size } = model;
  const { dtype } = embedder;
  if (json) return print(terminal, JSON.stringify({ id, dtype, path, size }));
  print(terminal, `${id} is in the cache with dtype ${dtype}: ${formatBytes(size)}\n${path}`);
}
