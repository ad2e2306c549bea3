import { FaissStore, FaissStoreError } from "@embeddinggemma/faiss";
import type { DocumentRecord } from "@embeddinggemma/langchain";
import { CommandError } from "../failures/command-error.ts";
import type { DocumentStore } from "./check-embedder.ts";
import { howToRepair } from "./how-to-repair.ts";
import { mergeConflict } from "./merge-conflict.ts";

/**
 * Opens a store.
 *
 * @param name - the folder as the user has written it
 * @throws CommandError if it is damaged; other FaissStoreErrors
 */
export async function openStore(name: string, folder: string): Promise<DocumentStore> {
  try {
    return await FaissStore.open<DocumentRecord>(folder);
  } catch (error) {
    if (!FaissStoreError.isInstance(error) || !isDamage(error)) throw error;
    const { path, mergeConflict: isConflict } = error.details;
    if (isConflict) throw mergeConflict(String(path), name);
    // Theirs is about code.
    const reason = error.message.replace(/ Restore the folder from a backup, or build .*$/s, "");
    throw new CommandError(`${reason} ${await howToRepair(name, folder)}`, { cause: error });
  }
}

function isDamage({ code }: FaissStoreError): boolean {
  return code === "FILE_DAMAGED" || code === "FILE_MISSING";
}
