import { setImmediate as nextTurn } from "node:timers/promises";
import type { FaissStore } from "@embeddinggemma/faiss";
import { show } from "@embeddinggemma/internal";
import { checkedRecord, type NodeRecord } from "./node-record.ts";

/** How many records are read before the event loop gets its turn. */
const recordsPerTurn = 1_000;

/** The records of a store, with turns of the event loop in between. */
export async function* recordsOf(
  store: FaissStore<NodeRecord>,
): AsyncGenerator<{ id: string; record: NodeRecord }> {
  let read = 0;
  for (const { id, record } of store) {
    if (++read % recordsPerTurn === 0) await nextTurn();
    yield { id, record: checkedRecord(record, id) };
  }
}

/** How many documents there are, and the first of their ids, for a message. */
export function listOf(refDocIds: readonly string[]): { count: string; names: string } {
  const count = refDocIds.length === 1 ? "1 document" : `${refDocIds.length} documents`;
  const more = refDocIds.length > 3 ? ", …" : "";
  return { count, names: refDocIds.slice(0, 3).map(show).join(", ") + more };
}

/** @param refDocIds - all ids of the documents, for programs */
export function warn(code: string, message: string, refDocIds: readonly string[] = []): void {
  const fields = { name: "Warning", code, details: { refDocIds } };
  process.emitWarning(Object.assign(new Error(message), fields));
}

/** The address of a page of the reference, for a message. */
export function docsPage(name: string): string {
  const docs = "https://github.com/embeddinggemma-js/embeddinggemma-js/blob/main/docs";
  return `${docs}/reference/${name}.md`;
}
