import { setImmediate as nextTurn } from "node:timers/promises";
import type { FaissStore } from "@embeddinggemma/faiss";
import { show } from "@embeddinggemma/internal";
import type { NodeItem } from "./node-item.ts";
import { checkedRecord, type NodeRecord } from "./node-record.ts";

/** How many records are read before the event loop gets its turn. */
const recordsPerTurn = 1_000;

type Items = readonly NodeItem[];

/** The items that do not replace one with the same id. Call it before they are added. */
export function newItems(store: FaissStore<NodeRecord>, items: Items): Items {
  return items.filter(({ id }) => !store.has(id));
}

/**
 * Which documents a store has twice after some items were added to it. LlamaIndex gives the nodes
 * of a document new ids each time, so it adds a document again that its document store does not
 * list, although its nodes are there. A document of which only a part is there again is none: texts
 * can be repeated in a document, and a program can add it part by part.
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
  let read = 0;
  for (const { id, record } of store) {
    if (++read % recordsPerTurn === 0) await nextTurn();
    if (ids.has(id)) continue;
    const stored = checkedRecord(record, id);
    const again = contents.get(stored.refDocId);
    if (!again || isRepeated.get(stored.refDocId) === false) continue;
    isRepeated.set(stored.refDocId, again.has(contentOf(stored)));
  }
  return [...isRepeated].filter(([, isWhole]) => isWhole).map(([refDocId]) => refDocId);
}

export function warnOfDuplicates(refDocIds: readonly string[]): void {
  if (refDocIds.length === 0) return;
  const some = refDocIds.slice(0, 3).map(show).join(", ") + (refDocIds.length > 3 ? ", …" : "");
  const documents = refDocIds.length === 1 ? "1 document" : `${refDocIds.length} documents`;
  const message =
    `The FaissVectorStore now has nodes of ${documents} twice: ${some}. They were there when ` +
    "they were added again. LlamaIndex does that if its document store does not list them. " +
    "Delete each with `index.deleteRefDoc(id)`, and add them once more. The entry " +
    "EMBEDDINGGEMMA_DUPLICATE_NODES of docs/reference/errors.md says more. `details.refDocIds` " +
    "of this warning has all ids.";
  const fields = {
    name: "Warning",
    code: "EMBEDDINGGEMMA_DUPLICATE_NODES",
    details: { refDocIds },
  };
  process.emitWarning(Object.assign(new Error(message), fields));
}

/** What is the same each time that a document is split: neither ids, nor relations to other ids. */
function contentOf({ node }: NodeRecord): string {
  return JSON.stringify({ ...node, id_: undefined, relationships: undefined });
}
