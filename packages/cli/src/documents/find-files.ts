import { readdir, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { kindOf } from "./file-kinds.ts";
import { type IsIgnored, ignoredAbove, ignoredIn } from "./git-ignore.ts";
import type { Globs } from "./globs.ts";

/** Which files of a folder to find. */
export interface FileSelection {
  /**
   * Patterns of which a file must match one, or be in a folder of that name, relative to the
   * folder. @default all files
   */
  readonly include?: Globs | undefined;
  /** Patterns of files and folders to leave out, relative to the folder. */
  readonly exclude?: Globs | undefined;
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

/** A folder that cannot be read. */
interface UnreadableFolder {
  readonly path: string;
  readonly error: unknown;
}

/** What there is to read. */
interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** Paths of files of other kinds, such as images. */
  readonly others: readonly string[];
  /** Folders whose content is not known. */
  readonly unreadable: readonly UnreadableFolder[];
  /** Paths of files and folders that Git ignores. */
  readonly ignored: readonly string[];
  /** Whether they were looked for in a folder. */
  readonly inFolder: boolean;
}

/**
 * The files that can be read in a folder, sorted by name, or the file itself. Hidden files and
 * folders, `node_modules` and symbolic links are left out, and what Git ignores. A folder that
 * cannot be read does not stop the search, and neither does what is deleted meanwhile.
 */
export async function findFiles(path: string, selection: FileSelection): Promise<FoundFiles> {
  const status = await stat(path);
  if (!status.isDirectory())
    return { ...nothing, files: [{ path, bytes: status.size }], inFolder: false };
  const { include, exclude, ignore, skip } = selection;
  const others: string[] = [];
  const unreadable: UnreadableFolder[] = [];
  const ignored: string[] = [];
  const find = async (folder: string, isIgnoredAbove: IsIgnored): Promise<FoundFile[]> => {
    const isIgnored = ignore ? await ignoredIn(folder, isIgnoredAbove) : isIgnoredAbove;
    const found: FoundFile[] = [];
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      const isNeeded = folder === path || include?.canMatchIn(nameIn(path, folder)) !== false;
      if (isNeeded && !isGone(error)) unreadable.push({ path: folder, error });
      return [];
    });
    for (const entry of entries.sort(byName)) {
      const inside = join(folder, entry.name);
      const name = nameIn(path, inside);
      if (inside === skip || exclude?.matches(name) || isLeftOut(entry.name)) continue;
      if (isIgnored(inside, entry.isDirectory())) ignored.push(inside);
      else if (entry.isDirectory()) found.push(...(await find(inside, isIgnored)));
      else if (!entry.isFile() || include?.matchesOrHolds(name) === false) continue;
      else if (!kindOf(entry.name)) others.push(inside);
      else {
        const bytes = await sizeOf(inside);
        if (bytes !== undefined) found.push({ path: inside, bytes });
      }
    }
    return found;
  };
  const files = await find(path, ignore ? await ignoredAbove(path) : () => false);
  return { files, others, unreadable, ignored, inFolder: true };
}

const nothing = { others: [], unreadable: [], ignored: [] };

/** 0 for a file that cannot be read, which is reported when it is its turn. */
async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    (error: unknown) => (isGone(error) ? undefined : 0),
  );
}

/** Whether a file or folder was deleted since its folder was listed. */
function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

/** Whether patterns leave out a file in a folder, whatever is there. */
export function isLeftOutByName(
  { include, exclude }: Pick<FileSelection, "include" | "exclude">,
  folder: string,
  path: string,
): boolean {
  return (
    isExcluded(exclude, folder, path) || include?.matchesOrHolds(nameIn(folder, path)) === false
  );
}

/** Whether patterns match a file, or a folder above it, in a folder. */
export function isExcluded(exclude: Globs | undefined, folder: string, path: string): boolean {
  if (!exclude || path === folder) return false;
  return exclude.matches(nameIn(folder, path)) || isExcluded(exclude, folder, dirname(path));
}

function nameIn(folder: string, path: string): string {
  return relative(folder, path).split(sep).join("/");
}

function isLeftOut(name: string): boolean {
  return name.startsWith(".") || name === "node_modules";
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}
