import type { GalaxyText } from "./galaxy-text.ts";
import type { FoundText } from "./text-limits.ts";
import { limits } from "./text-limits.ts";

/**
 * What is new among texts that were found: each title and text once, and not more than fit.
 *
 * @param source - the name of the file, which begins the ids
 */
export function newTexts(
  found: readonly FoundText[],
  present: readonly GalaxyText[],
  source: string,
): { added: GalaxyText[]; duplicates: number; tooMany: number } {
  const known = new Set(present.map(keyOf));
  const ids = new Set(present.map(({ id }) => id));
  const unique = found.filter((text) => {
    const key = keyOf(text);
    return !known.has(key) && known.add(key);
  });
  const fitting = unique.slice(0, Math.max(0, limits.texts - present.length));
  let number = 0;
  const added = fitting.map((text) => {
    let id: string;
    do id = `${source} ${++number}`;
    while (ids.has(id));
    return { id, ...text };
  });
  return {
    added,
    duplicates: found.length - unique.length,
    tooMany: unique.length - fitting.length,
  };
}

function keyOf({ title = "", text }: FoundText): string {
  return `${title}\n${text}`;
}
