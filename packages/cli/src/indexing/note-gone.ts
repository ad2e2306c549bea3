import { existsSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { quoted } from "@embeddinggemma/internal/node";
import { escapeControls } from "../terminal/escape-controls.ts";
import { note, type Terminal } from "../terminal/terminal.ts";
import type { Plan } from "./plan.ts";

/** How many names the advice has. */
const mostNames = 3;

/** Says which files of the store are gone from folders that this run does not look into. */
export function noteGone({ changes, saved }: Plan, terminal: Terminal): void {
  const [first, ...others] = changes.goneElsewhere;
  if (first === undefined) return;
  const count = (others.length + 1).toLocaleString("en");
  const [gone, object] =
    others.length === 0
      ? [`${count} file of the store is gone:`, "it"]
      : [`${count} files of the store are gone, such as`, "them"];
  const names = new Set([first, ...others].flatMap((source) => nameToRemove(saved.root, source)));
  const shown = [...names]
    .slice(0, mostNames)
    .map((name) => quoted(name))
    .join(" ");
  const like = names.size > mostNames ? "paths such as " : "";
  const advice =
    names.size === 0
      ? "Its folder is gone, too."
      : `To remove ${object}, add ${like}\`${shown}\` to the command.`;
  note(terminal, escapeControls(`${gone} ${first}. ${advice}`));
}

/**
 * The file, or the folder above it that is gone. None if that is not among the user's files: a
 * drive may not be mounted.
 */
function nameToRemove(root: string, source: string): string[] {
  let gone = resolve(root, source);
  if (isAbsolute(source) && !existsSync(dirname(gone))) return [];
  while (!existsSync(dirname(gone)) && dirname(gone) !== gone) gone = dirname(gone);
  const name = relative(process.cwd(), gone);
  return [name.startsWith("..") || isAbsolute(name) ? gone : name];
}
