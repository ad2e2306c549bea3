import { readFile } from "node:fs/promises";
import { isAbsolute, sep } from "node:path";
import { quoted } from "@embeddinggemma/internal/node";
import type { ChunkSettings } from "../documents/split-document.ts";
import { CommandError } from "../failures/command-error.ts";
import { countOf } from "../terminal/count-of.ts";
import { digestOf, type SourceFile } from "./chunk-file.ts";
import type { Changes } from "./find-changes.ts";
import type { SavedState } from "./saved-state.ts";

/** A new file that has the name of one of the store, below another root. */
interface Copy {
  readonly file: SourceFile;
  readonly source: string;
  readonly root: string;
}

/**
 * Refuses to add files a second time: somebody else may have indexed a copy of them, in a folder
 * that is not on this machine. They are taken for copies if most of them have the names of files
 * of the store that are gone, and one has the same content, too.
 *
 * @throws CommandError that says how to go on
 */
export async function refuseOtherCopy(
  { added, goneElsewhere }: Changes,
  { root, files }: SavedState,
  chunks: ChunkSettings,
): Promise<void> {
  const gone = goneElsewhere.filter((source) => !isAbsolute(source));
  // What is below the root of the store was moved there by its user.
  const outside = added.filter(({ source }) => isAbsolute(source));
  const copies = outside.flatMap((file) => copyOf(file, gone) ?? []);
  const [first] = copies;
  if (!first || copies.length * 2 < added.length) return;
  for (const { file, source } of copies) {
    const content = await readFile(file.path).catch(() => undefined);
    if (!content || digestOf(content, chunks) !== files.get(source)?.digest) continue;
    throw new CommandError(
      `${copies.length} of ${countOf(added.length, "new file")} have the names of files of the ` +
        `store, such as ${source}, which are not in ${root} now. If they are the same files, add ` +
        `--root ${quoted(first.root)}: the store then takes them from there. To add them beside ` +
        `the others, add --root ${quoted(root)}.`,
    );
  }
}

function copyOf(file: SourceFile, gone: readonly string[]): Copy | undefined {
  const path = file.path.split(sep).join("/");
  const source = gone.find((name) => path.endsWith(`/${name}`));
  if (source === undefined) return undefined;
  return { file, source, root: file.path.slice(0, -source.length - 1) || sep };
}
