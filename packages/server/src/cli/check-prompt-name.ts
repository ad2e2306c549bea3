import { readFile } from "node:fs/promises";
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
  const own = await promptsIn(await folderOf(model, load));
  if (!own) return;
  const prompts = { query: "", document: "", ...own };
  if (Object.hasOwn(prompts, promptName)) return;
  const promptNames = Object.keys(prompts);
  throw new EmbeddingGemmaError("UNKNOWN_PROMPT", noPromptNamed(promptName, { prompts }), {
    ...{ promptName, promptNames },
  });
}

/** The folder where the settings of a model are, if they are on this machine. */
async function folderOf(
  model: string,
  { cacheDir, revision = "main" }: ProgramSettings["load"],
): Promise<string> {
  const cache = await scanModelCache({ cacheDir }).catch(() => undefined);
  const revisions = cache?.models.find(({ id }) => id === model)?.revisions;
  const cached = revisions?.find(({ commit, references }) =>
    [commit, ...references].includes(revision),
  );
  const found = localPath(model);
  return cached?.path ?? ("path" in found ? found.path : model);
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
