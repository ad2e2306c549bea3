import { isAbsolute, relative, sep } from "node:path";

/** Relative to the root, so that folders can move together; an absolute path outside of it. */
export function sourceName(root: string, path: string): string {
  const name = relative(root, path);
  return name.startsWith("..") || isAbsolute(name) ? path : name.split(sep).join("/");
}
