import type { FaissStore } from "@embeddinggemma/faiss";
import { show } from "@embeddinggemma/internal";
import { type BaseNode, ObjectType } from "@llamaindex/core/schema";
import type { NodeItem } from "./node-item.ts";
import { checkedRecord, type NodeRecord } from "./node-record.ts";
import { docsPage, listOf, recordsOf, warn } from "./stored-documents.ts";

type Items = readonly NodeItem[];
type Store = FaissStore<NodeRecord>;

const code = "EMBEDDINGGEMMA_DUPLICATE_NODES";

/** Warns if a document is stored more than once, or would be with the next run. */
export class DuplicateNodes {
  #hasAdded = false;
  #hasTold = false;

  /**
   * Call it before nodes are added. Call what it returns after that.
   *
   * @param items - of the nodes
   */
  adding(store: Store, nodes: readonly BaseNode[], items: Items): () => Promise<void> {
    const added = this.#hasAdded ? [] : items.filter(({ id }) => !store.has(id));
    return async () => {
      this.#hasAdded = true;
      warnOfSameIds(documentsWithOneId(nodes));
      // A record that is no node is an error of the query that finds it.
      warnOfDuplicates(await duplicateDocuments(store, items, added).catch(() => []));
    };
  }

  /**
   * Call it if a document was to be deleted that has no nodes. LlamaIndex lists nodes, too, if the
   * vector store keeps no texts. Later, the strategy `UPSERTS_AND_DELETE` takes them for documents
   * that are gone, and removes their documents from the list.
   */
  deletedNothing(store: Store | undefined, id: string): void {
    const item = this.#hasTold ? undefined : store?.get(id);
    if (!item) return;
    const { node, refDocId } = checkedRecord(item.record, id);
    if (node.type !== ObjectType.TEXT) return; // LlamaIndex keeps the list for others.
    this.#hasTold = true;
    warn(
      code,
      `Nothing was deleted: ${show(id)} is the id of a node of document ${show(refDocId)}. If ` +
        "your program uses UPSERTS_AND_DELETE, doc_store.json lists nodes, as for a " +
        "SimpleVectorStore, and its next run stores documents twice. First restore the list: " +
        `${docsPage("troubleshooting")}#doc_id-not-found.`,
      [refDocId],
    );
  }
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
async function duplicateDocuments(store: Store, items: Items, added: Items): Promise<string[]> {
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

function warnOfDuplicates(refDocIds: readonly string[]): void {
  if (refDocIds.length === 0) return;
  const { count, names } = listOf(refDocIds);
  warn(
    code,
    `The FaissVectorStore now has nodes of ${count} twice: ${names}. They were there when they ` +
      "were added again. LlamaIndex does that if its document store does not list them. Delete " +
      "each with `index.deleteRefDoc(id)`, and add them once more: " +
      `${docsPage("errors")}#embeddinggemma_duplicate_nodes. \`details.refDocIds\` has all ids.`,
    refDocIds,
  );
}

/**
 * What is the same each time that a document is split, and when LlamaIndex has saved a node and
 * read it again, which turns a `Date` into a string and loses lists of keys.
 */
function contentOf({ node: { text, metadata, image, imageUrl } }: NodeRecord): string {
  return JSON.stringify([text, metadata, image, imageUrl]);
}

/** The ids that documents of some nodes share, by the hashes of these documents. */
function documentsWithOneId(nodes: readonly BaseNode[]): string[] {
  const hashes = new Map<string, string>();
  const shared = new Set<string>();
  for (const { sourceNode } of nodes) {
    if (!sourceNode?.hash) continue;
    const { nodeId, hash } = sourceNode;
    if ((hashes.get(nodeId) ?? hash) !== hash) shared.add(nodeId);
    hashes.set(nodeId, hash);
  }
  return [...shared];
}

function warnOfSameIds(refDocIds: readonly string[]): void {
  if (refDocIds.length === 0) return;
  const { names } = listOf(refDocIds);
  warn(
    code,
    `Documents that were added have the same id: ${names}. LlamaIndex lists only the last one, ` +
      "so each run adds another one again. Give each document an `id_` of its own.",
    refDocIds,
  );
}
