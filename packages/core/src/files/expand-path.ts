import { readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";

const isWindows = process.platform === "win32";

/**
 * Replaces a leading `~` or `~user` by the home folder, as Python's `os.path.expanduser` does. If
 * that folder is not known, the path stays as it is.
 */
export function expandUser(path: string): string {
  const [, user, rest] = path.match(isWindows ? /^~([^\\/]*)(.*)$/s : /^~([^/]*)(.*)$/s) ?? [];
  if (user === undefined || rest === undefined) return path;
  const home = user === "" ? homeFolder() : homeFolderOf(user);
  return home === undefined ? path : home.replace(/\/+$/, "") + rest || "/";
}

/** Whether a path is in the home folder of this user, but that folder is not known. */
export function lacksHome(path: string): boolean {
  return /^~(?:[\\/]|$)/.test(expandUser(path));
}

/**
 * Replaces `$name` and `${name}` by environment variables, on Windows `%name%` too, as Python's
 * `os.path.expandvars` does. Unknown variables stay as they are.
 */
export function expandVariables(path: string): string {
  const pattern = isWindows ? /\$(\w+)|\$\{([^}]*)\}|%([^%]+)%/g : /\$(\w+)|\$\{([^}]*)\}/g;
  return path.replace(
    pattern,
    (whole, ...names: (string | undefined)[]) =>
      process.env[names.slice(0, 3).find((name) => name !== undefined) ?? ""] ?? whole,
  );
}

/** Node throws if neither the environment nor the system knows the home folder. */
function homeFolder(): string | undefined {
  try {
    return isWindows ? homedir() : (process.env.HOME ?? userInfo().homedir ?? undefined);
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
