import { readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { isAbsolute } from "node:path";

const isWindows = process.platform === "win32";

const inHome = isWindows ? /^~([^\\/]*)(.*)$/s : /^~([^/]*)(.*)$/s;

/**
 * Replaces a leading `~` or `~user` by the home folder, as Python's `os.path.expanduser` does. If
 * that folder is not known, the path stays as it is.
 */
export function expandUser(path: string): string {
  const [, user, rest] = path.match(inHome) ?? [];
  if (user === undefined || rest === undefined) return path;
  const home = user === "" ? homeFolder() : homeFolderOf(user);
  return home === undefined ? path : home.replace(/\/+$/, "") + rest || "/";
}

/** Whether a path is in the home folder of this user, but that folder is not known. */
export function lacksHome(path: string): boolean {
  return path.match(inHome)?.[1] === "" && homeFolder() === undefined;
}

/** Node throws if neither the environment nor the system knows the home folder. */
function homeFolder(): string | undefined {
  try {
    const home = isWindows ? homedir() : (process.env.HOME ?? userInfo().homedir);
    return isAbsolute(home) ? home : undefined;
  } catch {
    return undefined;
  }
}

function homeFolderOf(user: string): string | undefined {
  if (isWindows) return undefined;
  try {
    const accounts = readFileSync("/etc/passwd", "utf8").split("\n");
    return accounts.map((account) => account.split(":")).find(([name]) => name === user)?.[5];
  } catch {
    return undefined;
  }
}
