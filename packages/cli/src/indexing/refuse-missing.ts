import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
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
  const lost = [...known].filter((source) => {
    const path = resolve(root, source);
    return path === place || (isIn(place, path) && !isAbsolute(source));
  });
  if (lost.length === 0) throw new CommandError(missing);
  if (places.some((other) => existsSync(other))) return;
  const object = lost.length === 1 ? "it" : "them";
  throw new CommandError(
    `${missing} The store still has ${countOf(lost.length, "file")} of it. To remove ${object}, ` +
      "also name a file or folder that is there.",
  );
}
