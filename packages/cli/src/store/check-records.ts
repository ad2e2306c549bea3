import { quoted } from "@embeddinggemma/internal/node";
import { CommandError } from "../failures/command-error.ts";
import type { DocumentStore } from "./check-embedder.ts";
import { sourceOf } from "./chunk-id.ts";

/**
 * Refuses to search a store of other records than chunks of files, before a model loads.
 *
 * @param name - the folder as the user has written it
 * @throws CommandError
 */
export function checkRecords(store: DocumentStore, name: string): void {
  const kind = recordsOf(store);
  if (kind === "texts of a server")
    throw new CommandError(
      `${name} ${filledByServer}. Search it there: ` +
        `\`embeddinggemma serve --store ${quoted(name)}\`, with the model that filled it, and ` +
        '`curl "localhost:3000/search?query=baking"`.',
    );
  if (kind === "others")
    throw new CommandError(
      `${name} was made by another program, and its items are no chunks of files. Search it ` +
        "with that program, or index your files in a new store.",
    );
}

/**
 * Refuses to index into a store that `index` has not made, before a file is read.
 *
 * @param name - the folder as the user has written it
 * @param hasSettings - whether the store has the settings of `index`; programs can add documents
 * to such a store
 * @throws CommandError
 */
export function checkIsIndexed(store: DocumentStore, name: string, hasSettings: boolean): void {
  const kind = recordsOf(store);
  const isOwn = kind === undefined || kind === "chunks" || (kind === "documents" && hasSettings);
  if (isOwn) return;
  const reason = kind === "texts of a server" ? filledByServer : "was made by another program";
  throw new CommandError(`${name} ${reason}. Index into a store of its own, with another --store.`);
}

const filledByServer = "was filled over a server (`serve --store`), not by `index`";

/** What the items of a store are; undefined if it is empty. The first one stands for all. */
function recordsOf(store: DocumentStore) {
  const [first] = store;
  if (!first) return undefined;
  // Records of other programs can be any JSON.
  const record: object = Object(first.record);
  if ("pageContent" in record) return sourceOf(first.id) === undefined ? "documents" : "chunks";
  return "text" in record ? "texts of a server" : "others";
}
