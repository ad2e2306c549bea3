import { isAbsolute, resolve } from "node:path";
import { countIn } from "./find-root.ts";
import { isIn } from "./is-in.ts";
import { sourceName } from "./source-name.ts";

/**
 * The names that sources have below another root, by their old names. If the new root has the
 * files, or a copy of them, they keep their names. A copy may lack some, and the old root may be
 * gone. Above or below the old root, files may have the same names by chance.
 */
export function otherNames(
  sources: readonly string[],
  before: string,
  root: string,
): ReadonlyMap<string, string> {
  const below = sources.filter((source) => !isAbsolute(source));
  const isNested = isIn(root, before) || isIn(before, root);
  const least = isNested ? countIn(before, below) : below.length / 2;
  const keepNames = countIn(root, below) >= Math.max(least, 1);
  const renamed = keepNames ? sources.filter((source) => isAbsolute(source)) : sources;
  return new Map(
    renamed
      .map((source) => [source, sourceName(root, resolve(before, source))] as const)
      .filter(([source, name]) => source !== name),
  );
}

/** Entries by source, with the new names of the sources. A file that has its name already stays. */
export function withNames<T>(
  entries: ReadonlyMap<string, T>,
  names: ReadonlyMap<string, string>,
): ReadonlyMap<string, T> {
  const isRenamed = ([source]: readonly [string, T]) => names.has(source);
  const renamed = [...entries]
    .filter(isRenamed)
    .map(([source, entry]) => [names.get(source)!, entry] as const);
  return new Map([...renamed, ...[...entries].filter((entry) => !isRenamed(entry))]);
}
