import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import ignore from "ignore";

/** Whether Git ignores a file or folder in a folder. */
export type IsIgnored = (path: string, isFolder: boolean) => boolean;

/**
 * What the `.gitignore` files above a folder ignore, up to the root of its Git repository. If it is
 * ignored itself, nothing in it is: somebody asks for it by name.
 */
export async function ignoredAbove(folder: string): Promise<IsIgnored> {
  const above: string[] = [];
  for (let current = folder; !existsSync(join(current, ".git")); current = dirname(current)) {
    if (dirname(current) === current) return () => false;
    above.unshift(dirname(current));
  }
  let isIgnored: IsIgnored = () => false;
  for (const one of above) isIgnored = await ignoredIn(one, isIgnored);
  return isIgnored(folder, true) ? () => false : isIgnored;
}

/** What is ignored in a folder: its `.gitignore` decides, then those above it. */
export async function ignoredIn(folder: string, isIgnoredAbove: IsIgnored): Promise<IsIgnored> {
  const text = await readFile(join(folder, ".gitignore"), "utf8").catch(() => undefined);
  if (text === undefined) return isIgnoredAbove;
  const rules = ignore().add(text);
  return (path, isFolder) => {
    const name = relative(folder, path).split(sep).join("/");
    const { ignored, unignored } = rules.test(isFolder ? `${name}/` : name);
    return ignored || (!unignored && isIgnoredAbove(path, isFolder));
  };
}
