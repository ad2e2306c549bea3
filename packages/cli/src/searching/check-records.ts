import { quoted } from "@embeddinggemma/internal/node";
import { CommandError } from "../failures/command-error.ts";
import type { DocumentStore } from "../store/check-embedder.ts";

/**
 * Refuses a store of other records than chunks of files, before a model loads. A store of other
 * records has them all.
 *
 * @param name - the folder as the user has written it
 * @throws CommandError
 */
export function checkRecords(store: DocumentStore, name: string): void {
  const [first] = store;
  if (!first) return;
  // Records of other programs can be any JSON.
  const record: object = Object(first.record);
  if ("pageContent" in record) return;
  throw new CommandError(
    "text" in record
      ? `${name} was filled over a server (\`serve --store\`), not by \`index\`. Search it ` +
          `there: \`embeddinggemma serve --store ${quoted(name)}\`, with the model that filled ` +
          'it, and `curl "localhost:3000/search?query=baking"`.'
      : `${name} was made by another program, and its items are no chunks of files. Search it ` +
          "with that program, or index your files in a new store.",
  );
}
