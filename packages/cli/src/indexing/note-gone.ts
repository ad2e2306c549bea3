import { existsSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { escapeControls } from "@embeddinggemma/internal";
import { quoted } from "@embeddinggemma/internal/node";
import { note, type Terminal } from "../terminal/terminal.ts";
import type { Plan } from "./plan.ts";
import { emptyFoldersFor } from "./refuse-missing.ts";

/** How many names the advice has. */
const mostNames = 3;

/** Says which files of the store are gone from folders that this run does not look into. */
export function noteGone({ changes, saved }: Plan, terminal: Terminal): void {
  const [first, ...others] = changes.goneElsewhere;
  if (first === undefined) return;
  const count = (others.length + 1).toLocaleString("en");
  const [gone, object] =
    others.length === 0
      ? ([`${count} file of the store is gone:`, "it"] as const)
      : ([`${count} files of the store are gone, such as`, "them"] as const);
  const advice = howToRemove(object, saved.root, changes.goneElsewhere);
  note(terminal, escapeControls(`${gone} ${first}. ${advice}`));
}

function howToRemove(object: "it" | "them", root: string, sources: readonly string[]): string {
  const isOutside = (source: string) => isAbsolute(source) && !existsSync(dirname(source));
  const namesOf = (some: readonly string[]) => [
    ...new Set(some.map((source) => nameOf(goneAt(root, source)))),
  ];
  const inside = namesOf(sources.filter((source) => !isOutside(source)));
  const outside = namesOf(sources.filter(isOutside));
  const names = inside.slice(0, mostNames).map((name) => quoted(name));
  const like = inside.length > mostNames ? "paths such as " : "";
  const toAdd = `add ${like}\`${names.join(" ")}\` to the command.`;
  if (outside.length === 0) return `To remove ${object}, ${toAdd}`;
  const [of, folders] = outside.length === 1 ? ["Its folder is", "it"] : ["Folders are", "them"];
  const lost = `${emptyFoldersFor(object, outside)} and add ${folders} to the command.`;
  const rest = inside.length === 0 ? "" : ` For the other files, ${toAdd}`;
  return `${of} gone, too. ${lost}${rest}`;
}

/** The file, or the folder above it that is gone. */
function goneAt(root: string, source: string): string {
  let gone = resolve(root, source);
  while (!existsSync(dirname(gone)) && dirname(gone) !== gone) gone = dirname(gone);
  return gone;
}

/** As it is typed in the current folder. */
function nameOf(path: string): string {
  const name = relative(process.cwd(), path);
  return name.startsWith("..") || isAbsolute(name) ? path : name;
}
