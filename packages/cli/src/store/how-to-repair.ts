import { defaultModel } from "@embeddinggemma/core";
import { quoted } from "@embeddinggemma/internal/node";
import { flagName } from "../flag-name.ts";
import { readSettings, type StoreSettings } from "./store-settings.ts";

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
  const { model: id, url, dtype, adapter, truncateDim } = model;
  const values = {
    model: id === defaultModel ? undefined : id,
    ...{ url, dtype, adapter: adapter || undefined, truncateDim },
    chunkTokens: tokens === 256 ? undefined : tokens,
    chunkOverlap: overlap === Math.floor(tokens / 8) ? undefined : overlap,
  };
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([option, value]) => `${flagName(option)} ${quoted(String(value))}`)
    .join(" ");
}
