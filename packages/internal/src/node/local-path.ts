import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Checker, Rule } from "../check-options.ts";
import { isUrl } from "../is-url.ts";
import { expandUser, lacksHome } from "./expand-user.ts";

/** An absolute path, or what is wrong with the given one and what to do. */
export type LocalPath = { readonly path: string } | { readonly fault: string };

/** For a parameter or an option that is a file or folder on this machine. */
export const pathRule: Rule = {
  expected: "a path or a `file:` URL",
  accepts: (value) => "path" in localPath(value),
  hint: (value) => {
    const found = localPath(value);
    return "fault" in found ? found.fault : undefined;
  },
};

/**
 * The absolute path of a file or folder, which need not exist.
 *
 * @param given - as for {@link localPath}
 * @throws the package's error for an invalid argument
 */
export function absolutePath(given: string | URL, { invalidArgument }: Checker): string {
  const found = localPath(given);
  if ("path" in found) return found.path;
  throw invalidArgument("The file or folder", given, pathRule.expected, found.fault);
}

/**
 * The absolute path of a file or folder, which need not exist.
 *
 * @param given - a path, in which a leading `~` or `~user` is a home folder, or a `file:` URL as a
 * string or a `URL`
 */
export function localPath(given: unknown): LocalPath {
  if (isUrl(given)) return pathOfUrl(given.href);
  if (typeof given !== "string" || given === "") return { fault: "" };
  if (given.includes("\0")) return { fault: "A path has no NUL characters." };
  if (/^file:/i.test(given)) return pathOfUrl(given);
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(given)) return { fault: notLocal };
  return lacksHome(given) ? { fault: homeless } : { path: resolve(expandUser(given)) };
}

const homeless =
  "The home folder is not known: HOME is not set, and the system names none. Set HOME, or write " +
  "the path without `~`.";

const notLocal =
  "Only files on this machine can be used: download it first, and pass its path or `file:` URL.";

const writeAbsolute =
  'Write an absolute one, such as "file:///data/planets", or use ' +
  '`new URL("./planets", import.meta.url)` or a path.';

/** `new URL` makes a relative `file:` URL one of the root folder, without a word. */
const relativeFile = /^file:(?:[^/\\]|[/\\]{2,3}(?:\.{1,2}|~)(?:[/\\]|$))/i;

function pathOfUrl(href: string): LocalPath {
  if (!/^file:/i.test(href)) return { fault: notLocal };
  if (/^file:$/i.test(href) || relativeFile.test(href))
    return { fault: `A \`file:\` URL cannot be relative. ${writeAbsolute}` };
  try {
    const url = new URL(href);
    if (url.search || url.hash)
      return { fault: "Write ? as %3F and # as %23, or use `pathToFileURL(path)` of node:url." };
    const path = fileURLToPath(url);
    return path.includes("\0") ? { fault: "A path has no NUL characters." } : { path };
  } catch (error) {
    return { fault: `${(error as Error).message}. ${writeAbsolute}` };
  }
}
