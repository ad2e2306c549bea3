import { defaultModel } from "@embeddinggemma/core";
import { quoted } from "@embeddinggemma/internal/node";
import { asTyped } from "../flag-name.ts";
import { chunkDefaults, readSettings, type StoreSettings } from "./store-settings.ts";

/**
 * What to do about a damaged store. A new one has none of its settings.
 *
 * @param name - the folder as the user has written it
 */
export async function howToRepair(name: string, folder: string): Promise<string> {
  const settings = await readSettings(folder).catch(() => undefined);
  const flags = settings ? flagsOf(settings) : "";
  const like = flags === "" ? "" : `, with what the store remembers: ${flags}`;
  const again = `delete the folder ${quoted(name)} and run \`index\` again${like}`;
  return `Restore it from a backup, or ${again}.`;
}

/** Those that a new store would not have by itself. */
function flagsOf({ model, chunks: { tokens, overlap } }: StoreSettings): string {
  const { model: id, url, revision, dtype, adapter, truncateDim } = model;
  return asTyped({
    model: id === defaultModel ? undefined : id,
    ...{ url, revision, dtype, adapter: adapter || undefined, truncateDim },
    chunkTokens: tokens === chunkDefaults.tokens ? undefined : tokens,
    chunkOverlap: overlap === chunkDefaults.overlapOf(tokens) ? undefined : overlap,
  });
}
