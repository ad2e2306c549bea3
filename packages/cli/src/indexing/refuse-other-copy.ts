import { readFile } from "node:fs/promises";
import { isAbsolute, sep } from "node:path";
import { quoted } from "@embeddinggemma/internal/node";
import type { ChunkSettings } from "../documents/split-document.ts";
import { CommandError } from "../failures/command-error.ts";
import { countOf } from "../terminal/count-of.ts";
import { digestOf, type SourceFile } from "./chunk-file.ts";
import type { Changes } from "./find-changes.ts";
import { isIn } from "./is-in.ts";
import type { SavedState } from "./saved-state.ts";

/** A new file that has the name of one of the store, below another root. */
interface Copy {
  readonly file: SourceFile;
  readonly source: string;
}

/**
 * Refuses to add files a second time: the store may have those of another clone of their folder,
 * here or on another machine. They are taken for copies if at least half of them have the names of
 * files of the store, below the same root, and one has the same content, too; half of these, if the
 * files of the store are still there. Whoever has added as many below that root before has added a
 * copy on purpose.
 *
 * @throws CommandError that says how to go on
 */
export async function refuseOtherCopy(
  { added, goneElsewhere }: Changes,
  { root, files }: SavedState,
  chunks: ChunkSettings,
): Promise<void> {
  const sources = [...files.keys()];
  const names = new Set(sources.filter((source) => !isAbsolute(source)));
  const gone = new Set(goneElsewhere);
  // What is below the root of the store was moved there by its user.
  const outside = added.filter(({ source }) => isAbsolute(source));
  const isSame = async ({ file, source }: Copy) => {
    const content = await readFile(file.path).catch(() => undefined);
    return (
      content !== undefined && digestOf(file.path, content, chunks) === files.get(source)?.digest
    );
  };
  for (const [copyRoot, copies] of copiesByRoot(outside, names)) {
    if (copies.length * 2 < added.length) return;
    const known = sources.filter((source) => isAbsolute(source) && isIn(copyRoot, source));
    if (known.length >= copies.length) continue;
    const areGone = copies.some(({ source }) => gone.has(source));
    let missing = areGone ? 1 : Math.ceil(copies.length / 2);
    for (const copy of copies) {
      if (!(await isSame(copy)) || --missing > 0) continue;
      const count = `${copies.length} of ${countOf(added.length, "new file")}`;
      const have = copies.length === 1 ? "has the name of a file" : "have the names of files";
      const are = `${copies.length === 1 ? "is" : "are"} ${areGone ? "not " : ""}in ${root} now`;
      throw new CommandError(
        `${count} ${have} of the store, such as ${copy.source}, which ${are}. If they are the ` +
          `same files, add --root ${quoted(copyRoot)}: the store then takes them from there. To ` +
          `add them beside the others, add --root ${quoted(root)}.`,
      );
    }
  }
}

/**
 * The copies below each folder that can be their root, most of them first. A path can end like
 * several names: `docs/README.md` and `README.md`.
 */
function copiesByRoot(files: readonly SourceFile[], names: ReadonlySet<string>) {
  const byRoot = new Map<string, Copy[]>();
  for (const file of files) {
    const parts = file.path.split(sep);
    for (let depth = 1; depth < parts.length; depth++) {
      const source = parts.slice(depth).join("/");
      if (!names.has(source)) continue;
      const root = parts.slice(0, depth).join(sep) || sep;
      const copies = byRoot.get(root) ?? [];
      copies.push({ file, source });
      byRoot.set(root, copies);
    }
  }
  return [...byRoot].sort(([, one], [, other]) => other.length - one.length);
}
