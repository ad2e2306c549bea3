import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { CommandError } from "../failures/command-error.ts";
import type { ModelFlags } from "../model/model-options.ts";

/**
 * Refuses to go on without the model or the adapter of a store, whose folder may have moved. What
 * the user has named, or what is on the Hub, is left to who loads it.
 *
 * @param flags - the flags with those of the store
 * @param given - the flags of the user
 * @param needsAdapter - whether the vectors of the store have been changed by it
 * @throws CommandError
 */
export function requireFolders(flags: ModelFlags, given: ModelFlags, needsAdapter = false): void {
  const isFolder = flags.url === undefined;
  if (isFolder && isMissing(flags.model) && flags.model !== given.model)
    throw new CommandError(whereIs("model", flags.model));
  if (isMissing(flags.adapter) && flags.adapter !== given.adapter)
    throw new CommandError(
      whereIs("adapter", flags.adapter) +
        (needsAdapter ? "" : " To do without it, add --no-adapter."),
    );
}

function isMissing(folder: string | false | undefined): folder is string {
  return typeof folder === "string" && isAbsolute(folder) && !existsSync(folder);
}

function whereIs(what: "model" | "adapter", folder: string): string {
  return (
    `The store remembers the ${what} in ${folder}, which is not there. Add --${what} ` +
    "<folder>; with `index`, the store remembers it."
  );
}
