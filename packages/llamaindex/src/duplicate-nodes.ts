import type { FaissStore } from "@embeddinggemma/faiss";
import type { NodeItem } from "./node-item.ts";
import type { NodeRecord } from "./node-record.ts";
import { docsPage, listOf, recordsOf, warn } from "./stored-documents.ts";

type Items = readonly NodeItem[];

/** The items that do not replace one with the same id. Call it before they are added. */
export function newItems(store: FaissStore<NodeRecord>, items: Items): Items {
  return items.filter(({ id }) => !store.has(id));
}

/**
 * Which documents a store has twice after some items were added to it. LlamaIndex gives the nodes
 * of a document new ids each time, so it adds a document again that its document store does not
 * list, although its nodes are there. A document counts only if all its stored nodes are repeated:
 * texts can be repeated in a document, and a program can add it part by part.
 *
 * @param items - all that were added
 * @param added - those of them that are new
 * @returns the ids of the documents
 */
export async function duplicateDocuments(
  store: FaissStore<NodeRecord>,
  items: Items,
  added: Items,
): Promise<string[]> {
  const contents = new Map<string, Set<string>>();
  for (const { id, record } of added) {
    const { refDocId } = record;
    if (refDocId === id) continue; // It has no source document.
    contents.set(refDocId, (contents.get(refDocId) ?? new Set()).add(contentOf(record)));
  }
  if (contents.size === 0 || store.size === items.length) return [];
  const ids = new Set(items.map(({ id }) => id));
  const isRepeated = new Map<string, boolean>();
  for await (const { id, record } of recordsOf(store)) {
    const again = contents.get(record.refDocId);
    if (!again || ids.has(id) || isRepeated.get(record.refDocId) === false) continue;
    isRepeated.set(record.refDocId, again.has(contentOf(record)));
  }
  return [...isRepeated].filter(([, isWhole]) => isWhole).map(([refDocId]) => refDocId);
}

export function warnOfDuplicates(refDocIds: readonly string[]): void {
  if (refDocIds.length === 0) return;
  const { count, names } = listOf(refDocIds);
  warn(
    "EMBEDDINGGEMMA_DUPLICATE_NODES",
    `The FaissVectorStore now has nodes of ${count} twice: ${names}. They were there when they ` +
      "were added again. LlamaIndex does that if its document store does not list them. Delete " +
      "each with `index.deleteRefDoc(id)`, and add them once more: " +
      `${docsPage("errors")}#embeddinggemma_duplicate_nodes. ` +
      "`details.refDocIds` of this warning has all ids.",
    refDocIds,
  );
}

/** What is the same each time that a document is split: neither ids, nor relations to other ids. */
function contentOf({ node }: NodeRecord): string {
  return JSON.stringify({ ...node, id_: undefined, relationships: undefined });
}
