import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { CommandError } from "../failures/command-error.ts";
import type { ModelFlags } from "../model/model-options.ts";

/**
 * Refuses to go on without the adapter of a store, whose folder may have moved. An adapter that the
 * user has named, or one on the Hub, is left to who loads it.
 *
 * @param flags - the flags with those of the store
 * @param given - the flags of the user
 * @throws CommandError
 */
export function requireAdapter({ adapter }: ModelFlags, given: ModelFlags): void {
  if (adapter === undefined || given.adapter !== undefined) return;
  if (!isAbsolute(adapter) || existsSync(adapter)) return;
  throw new CommandError(
    `The store was made with the adapter in ${adapter}, which is not there. If you moved it, run ` +
      "`index` with --adapter <folder>: the store remembers the new folder.",
  );
}
