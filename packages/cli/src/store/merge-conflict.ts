import { notMerged } from "@embeddinggemma/internal/node";
import { CommandError } from "../failures/command-error.ts";

/** The error for a file of a store that Git could not merge. */
export function mergeConflict(path: string, store: string): CommandError {
  return new CommandError(
    `${notMerged(path, store)}, and run \`index\` again: it embeds only what is missing.`,
  );
}
