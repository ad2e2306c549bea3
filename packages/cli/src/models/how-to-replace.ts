import { quoted } from "@embeddinggemma/internal/node";
import { asTyped } from "../flag-name.ts";
import type { ModelFlags } from "../model/model-options.ts";

export const wrongVectors = "Its files are damaged, or this device computes wrongly.";

/**
 * What to do about damaged files of a model in the cache.
 *
 * @param flags - those with which it was loaded
 */
export function howToReplace(
  id: string,
  { revision, dtype, cacheDir }: Pick<ModelFlags, "revision" | "dtype" | "cacheDir">,
): string {
  const command = (name: string, flags: object) =>
    `\`embeddinggemma models ${[name, quoted(id), asTyped(flags)].filter(Boolean).join(" ")}\``;
  const remove = command("remove", { cacheDir });
  const named = { revision, dtype: dtype === "auto" ? undefined : dtype, cacheDir };
  return `Download them again: ${remove}, then ${command("download", named)}.`;
}
