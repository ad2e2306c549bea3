import { readExtensions } from "../documents/file-kinds.ts";
import { CommandError, UsageError } from "../failures/command-error.ts";
import { countOf } from "../terminal/count-of.ts";
import { note, type Terminal } from "../terminal/terminal.ts";
import type { Changes } from "./find-changes.ts";

/** The patterns that choose files in folders. */
export interface PatternFlags {
  include?: string[] | undefined;
  exclude?: string[] | undefined;
}

/**
 * Refuses a run whose `--include` matches nothing, or that would remove all files of the store. A
 * mistake is more likely, such as a drive that is not mounted, and to want no files is to delete
 * the store.
 *
 * @param paths - files and folders as the user has written them
 * @throws CommandError
 */
export function refuseEmptying(
  { added, changed, unchanged, elsewhere, gone, leftOut, foundNone }: Changes,
  flags: PatternFlags,
  paths: readonly string[],
): void {
  const kept = added.length + changed.length + unchanged.length + elsewhere;
  const lost = gone.length + leftOut.length;
  const places = paths.join(", ");
  const include = asFlags("include", flags.include);
  const loss = `${lossOf(lost, kept)} would be removed. Nothing was changed.`;
  if (include && foundNone) {
    const nothing = `${include} matches no file that is read in ${places}`;
    const kinds = `These kinds are read: ${readExtensions}. To read another file, name it.`;
    throw new UsageError(lost > 0 ? `${nothing}, so ${loss}` : `${nothing}. ${kinds} ${hint}`);
  }
  const exclude = asFlags("exclude", flags.exclude);
  if (foundNone && leftOut.length > 0 && kept > 0) {
    const all = `all files in ${places}, so ${loss}`;
    if (!exclude)
      throw new CommandError(
        `.gitignore files leave out ${all} To keep them, add --no-ignore. To remove them, index ` +
          "a folder above them.",
      );
    throw new UsageError(
      `${exclude} leaves out ${all} To remove them, index a folder above them with a pattern for ` +
        "theirs.",
    );
  }
  if (kept > 0 || lost === 0) return;
  const reason =
    leftOut.length > 0
      ? `All files are ${gone.length > 0 ? "gone, or " : ""}left out by ${causeOf(flags)}`
      : `${places} ${paths.length === 1 ? "has" : "have"} no file that can be read`;
  const message = `${reason}, so ${loss} To empty the store, delete its folder.`;
  throw leftOut.length > 0 && exclude ? new UsageError(message) : new CommandError(message);
}

function lossOf(count: number, kept: number): string {
  if (kept > 0) return `${countOf(count, "file")} of the store`;
  return count === 1 ? "the only file of the store" : `all ${countOf(count, "file")} of the store`;
}

/** Notes patterns that match nothing: they may be misspelt, or several in one. */
export function warnOfUnmatched(unmatched: PatternFlags, terminal: Terminal): void {
  for (const name of ["include", "exclude"] as const)
    for (const pattern of unmatched[name] ?? [])
      note(terminal, `${asFlags(name, [pattern])} matches nothing. ${hint}`);
}

const hint = "Give one pattern a flag. One with a slash begins at the folder that you index.";

/** What leaves files out. */
export function causeOf({ include, exclude }: PatternFlags): string {
  const flags = [asFlags("include", include), asFlags("exclude", exclude)];
  return flags.filter(Boolean).join(" ") || ".gitignore files";
}

/** As they are typed in a shell. */
function asFlags(name: string, patterns: readonly string[] = []): string {
  return patterns.map((pattern) => `--${name} '${pattern}'`).join(" ");
}
