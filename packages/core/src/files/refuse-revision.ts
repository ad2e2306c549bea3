import { EmbeddingGemmaError, show } from "../errors.ts";
import type { HubOptions } from "./model-folder.ts";

/**
 * A folder has only the files that are in it.
 *
 * @throws `INVALID_ARGUMENT` for a revision other than the default
 */
export function refuseRevision(folder: string, { revision = "main" }: HubOptions): void {
  if (revision === "main") return;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `The option \`revision\` cannot take effect: ${show(folder)} is a folder, not a repository ` +
      `on the Hub, and ${show(revision)} was given. Leave it out.`,
    { option: "revision", folder, revision },
  );
}
