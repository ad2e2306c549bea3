import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddingGemmaError, scanModelCache } from "@embeddinggemma/core";
import { isRecord } from "@embeddinggemma/internal";
import { localPath } from "@embeddinggemma/internal/node";
import { noPromptNamed } from "../prompt.ts";
import type { ProgramSettings } from "./arguments.ts";

/**
 * Finds out before the time that it takes to load a model that it has no prompt of this name, if
 * its settings are in a folder or in the cache.
 *
 * @throws EmbeddingGemmaError `UNKNOWN_PROMPT`
 */
export async function checkPromptName({
  model,
  load,
  serve: { defaultPromptName: promptName },
}: Pick<ProgramSettings, "model" | "load" | "serve">): Promise<void> {
  if (promptName === undefined) return;
  const folder = await folderOf(model, load);
  const own = folder && (await promptsIn(folder));
  if (!own) return;
  const prompts = { query: "", document: "", ...own };
  if (Object.hasOwn(prompts, promptName)) return;
  throw new EmbeddingGemmaError("UNKNOWN_PROMPT", noPromptNamed(promptName, { prompts }), {
    promptName,
    promptNames: Object.keys(prompts),
  });
}

/** The folder of a model, if it is on this machine. As in a load, a local folder comes first. */
async function folderOf(
  model: string,
  { cacheDir, revision = "main" }: ProgramSettings["load"],
): Promise<string | undefined> {
  const local = localPath(model);
  if ("path" in local && (await isFolder(local.path))) return local.path;
  const cache = await scanModelCache({ cacheDir }).catch(() => undefined);
  const revisions = cache?.models.find(({ id }) => id === model)?.revisions;
  const cached = revisions?.find(({ commit, references }) =>
    [commit, ...references].includes(revision),
  );
  return cached?.path;
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

/** Undefined if they are not there, or not readable: the load says so. */
async function promptsIn(folder: string): Promise<Record<string, string> | undefined> {
  try {
    const text = await readFile(join(folder, "config_sentence_transformers.json"), "utf8");
    const { prompts } = JSON.parse(text) as { prompts?: unknown };
    return isRecord(prompts) ? (prompts as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}
