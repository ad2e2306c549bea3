import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import picomatch from "picomatch";
import { kindOf } from "./file-kinds.ts";
import { type IsIgnored, ignoredAbove, ignoredIn } from "./git-ignore.ts";

/** Which files of a folder to find. */
export interface FileSelection {
  /** Globs of which a file must match one, relative to the folder. @default all files */
  readonly include?: readonly string[] | undefined;
  /** Globs of files and folders to leave out, relative to the folder. */
  readonly exclude?: readonly string[] | undefined;
  /** Whether to leave out what Git ignores. */
  readonly ignore: boolean;
  /** A folder to leave out. */
  readonly skip: string;
}

/** A file to read. */
export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * The files that can be read in a folder, sorted by name, or the file itself. Hidden files and
 * folders, `node_modules` and symbolic links are left out, and what Git ignores.
 */
export async function findFiles(path: string, selection: FileSelection): Promise<FoundFile[]> {
  const status = await stat(path);
  if (!status.isDirectory()) return [{ path, bytes: status.size }];
  const { include, exclude, ignore, skip } = selection;
  const isIncluded = include?.length ? picomatch([...include]) : () => true;
  const isExcluded = exclude?.length ? picomatch([...exclude]) : () => false;
  const nameOf = (inside: string) => relative(path, inside).split(sep).join("/");
  const inFolder = async (folder: string, isIgnoredAbove: IsIgnored): Promise<FoundFile[]> => {
    const isIgnored = ignore ? await ignoredIn(folder, isIgnoredAbove) : isIgnoredAbove;
    const found: FoundFile[] = [];
    for (const entry of (await readdir(folder, { withFileTypes: true })).sort(byName)) {
      const inside = join(folder, entry.name);
      if (isLeftOut(entry.name) || inside === skip || isExcluded(nameOf(inside))) continue;
      if (isIgnored(inside, entry.isDirectory())) continue;
      if (entry.isDirectory()) found.push(...(await inFolder(inside, isIgnored)));
      else if (entry.isFile() && kindOf(entry.name) && isIncluded(nameOf(inside)))
        found.push({ path: inside, bytes: (await stat(inside)).size });
    }
    return found;
  };
  return inFolder(path, ignore ? await ignoredAbove(path) : () => false);
}

function isLeftOut(name: string): boolean {
  return name.startsWith(".") || name === "node_modules";
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}
