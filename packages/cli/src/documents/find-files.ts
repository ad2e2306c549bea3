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
interface FoundFile {
  readonly path: string;
  readonly bytes: number;
}

/** What there is to read. */
interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** How many files are of other kinds, such as images. */
  readonly others: number;
}

/**
 * The files that can be read in a folder, sorted by name, or the file itself. Hidden files and
 * folders, `node_modules` and symbolic links are left out, and what Git ignores.
 */
export async function findFiles(path: string, selection: FileSelection): Promise<FoundFiles> {
  const status = await stat(path);
  if (!status.isDirectory()) return { files: [{ path, bytes: status.size }], others: 0 };
  const { include, exclude, ignore, skip } = selection;
  const isIncluded = include?.length ? picomatch([...include]) : () => true;
  const isExcluded = exclude?.length ? picomatch([...exclude]) : () => false;
  const nameOf = (inside: string) => relative(path, inside).split(sep).join("/");
  let others = 0;
  const inFolder = async (folder: string, isIgnoredAbove: IsIgnored): Promise<FoundFile[]> => {
    const isIgnored = ignore ? await ignoredIn(folder, isIgnoredAbove) : isIgnoredAbove;
    const found: FoundFile[] = [];
    for (const entry of (await readdir(folder, { withFileTypes: true })).sort(byName)) {
      const inside = join(folder, entry.name);
      if (isLeftOut(entry.name) || inside === skip || isExcluded(nameOf(inside))) continue;
      if (isIgnored(inside, entry.isDirectory())) continue;
      if (entry.isDirectory()) found.push(...(await inFolder(inside, isIgnored)));
      else if (!entry.isFile() || !isIncluded(nameOf(inside))) continue;
      else if (!kindOf(entry.name)) others += 1;
      else found.push({ path: inside, bytes: (await stat(inside)).size });
    }
    return found;
  };
  return { files: await inFolder(path, ignore ? await ignoredAbove(path) : () => false), others };
}

function isLeftOut(name: string): boolean {
  return name.startsWith(".") || name === "node_modules";
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}
