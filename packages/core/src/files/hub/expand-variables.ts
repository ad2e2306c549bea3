const isWindows = process.platform === "win32";

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
