import { existsSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { quoted } from "@embeddinggemma/internal/node";
import { escapeControls } from "../terminal/escape-controls.ts";
import { note, type Terminal } from "../terminal/terminal.ts";
import type { Plan } from "./plan.ts";

/** Says which files of the store are gone from folders that this run does not look into. */
export function noteGone({ changes, saved }: Plan, terminal: Terminal): void {
  const [first, ...others] = changes.goneElsewhere;
  if (first === undefined) return;
  const count = (others.length + 1).toLocaleString("en");
  const [gone, object] =
    others.length === 0
      ? [`${count} file of the store is gone:`, "it"]
      : [`${count} files of the store are gone, such as`, "what is gone there"];
  const folder = folderToIndex(saved.root, first);
  const advice = folder === undefined ? "Its folder is gone, too." : `${folder} removes ${object}.`;
  note(terminal, escapeControls(`${gone} ${first}. ${advice}`));
}

/**
 * The command for the nearest folder that still exists; undefined if it is not among the user's
 * files: a drive may not be mounted, and `index /media` would read all others.
 */
function folderToIndex(root: string, source: string): string | undefined {
  let folder = dirname(resolve(root, source));
  if (isAbsolute(source) && !existsSync(folder)) return undefined;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  const name = relative(process.cwd(), folder);
  const typed = name.startsWith("..") || isAbsolute(name) ? folder : name || ".";
  return `\`index ${quoted(typed)}\``;
}
