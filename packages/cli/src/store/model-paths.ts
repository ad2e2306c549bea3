import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { ModelFlags } from "../model/model-options.ts";

/**
 * The flags of a model as a store keeps them: folders are relative to it, so that a copy of all of
 * them works. A path on another drive stays absolute.
 *
 * @param store - folder of the store, without symbolic links
 */
export function withRelativePaths(flags: ModelFlags, store: string): ModelFlags {
  return withPaths(flags, (path) => {
    if (!isAbsolute(path)) return path;
    const name = relative(store, withoutLinks(path)).split(sep).join("/");
    return name.startsWith("../") || isAbsolute(name) ? name : `./${name}`;
  });
}

/**
 * The flags of a model that a store keeps, with absolute paths. A folder may have moved with the
 * store, or is where it was, also if its drive is not there now. Stores of older versions have
 * absolute paths.
 *
 * @param store - folder of the store, without symbolic links
 * @param before - where the store was saved
 */
export function withAbsolutePaths(flags: ModelFlags, store: string, before = store): ModelFlags {
  return withPaths(flags, (path) => {
    if (!isAbsolute(path) && !/^\.\.?\//.test(path)) return path;
    const name = isAbsolute(path) ? relative(before, path) : path;
    const moved = resolve(store, name);
    return existsSync(moved) ? moved : resolve(before, name);
  });
}

function withPaths(flags: ModelFlags, change: (path: string) => string): ModelFlags {
  const { model, url, adapter } = flags;
  return {
    ...flags,
    // A server has a name for its model, which can look like a path.
    ...(model !== undefined && url === undefined && { model: change(model) }),
    ...(adapter && { adapter: change(adapter) }),
  };
}

/**
 * A path without symbolic links. The folder itself can be a link, such as to the latest version: it
 * stays one.
 */
export function withoutLinks(path: string): string {
  const folder = dirname(path);
  return existsSync(folder) ? join(realpathSync(folder), basename(path)) : path;
}
