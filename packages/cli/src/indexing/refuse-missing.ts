import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { quoted } from "@embeddinggemma/internal/node";
import { CommandError } from "../failures/command-error.ts";
import { countOf } from "../terminal/count-of.ts";
import { isIn } from "./is-in.ts";

/**
 * Refuses a place that is not there, unless the store has files of it, and the run also names one
 * that is there. A folder with absolute sources is refused, too: its drive may not be mounted.
 *
 * @param known - sources in the store
 * @throws CommandError
 */
export function refuseMissing(
  place: string,
  places: readonly string[],
  root: string,
  known: ReadonlySet<string>,
): void {
  const missing = `There is no file or folder ${place}.`;
  const lost = [...known].filter((source) => isIn(place, resolve(root, source)));
  if (lost.length === 0) throw new CommandError(missing);
  const isOutside = lost.some((source) => isAbsolute(source) && resolve(root, source) !== place);
  if (!isOutside && places.some((other) => existsSync(other))) return;
  const object = lost.length === 1 ? "it" : "them";
  const advice = isOutside
    ? `${emptyFoldersFor(object, [place])}, and run the command again.`
    : `To remove ${object}, also name a file or folder that is there.`;
  const files = countOf(lost.length, "file");
  throw new CommandError(`${missing} The store still has ${files} of it. ${advice}`);
}

/**
 * How to remove the files of folders that are gone and not among the user's files. An empty folder
 * in its place says that its drive is there.
 *
 * @param object - the files
 */
export function emptyFoldersFor(object: "it" | "them", folders: readonly string[]): string {
  const isOne = folders.length === 1;
  return (
    `Perhaps ${isOne ? "its" : "their"} drive is not mounted. To remove ${object} from the ` +
    `store, make ${isOne ? "an empty folder" : "empty folders"} ` +
    folders.map((folder) => quoted(folder)).join(" ")
  );
}
