import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FaissStore } from "@embeddinggemma/faiss";
import { DEFAULT_DOC_STORE_PERSIST_FILENAME } from "@llamaindex/core/global";
import { ObjectType } from "@llamaindex/core/schema";
import type { NodeRecord } from "./node-record.ts";
import { folderName, type StoreFolder } from "./store-folder.ts";
import { docsPage, listOf, recordsOf, warn } from "./stored-documents.ts";

const skipped = "LlamaIndex skips documents that its document store lists unchanged.";
const embedAll = "To embed all, use a new, empty folder.";
const embedSome =
  "To embed what is missing here, delete these documents from the document store with " +
  "`docStore.deleteDocument(id, false)`, and run your program again: " +
  `${docsPage("troubleshooting")}#documents-are-skipped-after-a-run-that-was-stopped. ` +
  "`details.refDocIds` has all ids.";

const code = "EMBEDDINGGEMMA_MISSING_NODES";

/**
 * Finds out whether a store lacks nodes that a user expects in it. LlamaIndex skips a document that
 * its document store lists, without a word to the vector store, so queries would find nothing in
 * silence. The process is warned when a folder is opened, or at the first query.
 */
export class MissingNodes {
  readonly #folder: StoreFolder | undefined;
  /** Documents that were listed, but had no nodes, when the store was opened. */
  #documents: readonly string[] = [];
  #isNew = true;
  #isChecked = false;

  /** @param folder - undefined for a store in memory */
  constructor(folder: StoreFolder | undefined) {
    this.#folder = folder;
  }

  /**
   * Call it when the store is opened. Only what is missing then counts: a running ingestion lists
   * its documents before their nodes are added.
   */
  async opened(store: FaissStore<NodeRecord>): Promise<void> {
    const folder = this.#folder;
    if (!folder || folder.namespace !== undefined) return;
    // Another store of the folder may have the nodes.
    if (store.size > 0 && (await hasNamespaces(folder.persistDir))) return;
    this.#documents = await withoutNodes(await listedDocuments(folder.persistDir), store);
  }

  /** Call it when nodes are added or deleted. */
  changed(): void {
    this.#isNew = false;
  }

  /** Call it after {@link opened} if no ingestion can have begun. */
  async openedFirst(store: FaissStore<NodeRecord>): Promise<void> {
    if (!this.#folder || this.#documents.length === 0) return;
    // The nodes of the documents are in another store, and this one has none yet.
    if (store.size === 0 && (await hasNamespaces(this.#folder.persistDir))) return;
    this.#isChecked = true;
    warnOfDocuments(this.#folder, this.#documents, store);
  }

  /** Call it with each query. */
  async queried(store: FaissStore<NodeRecord>): Promise<void> {
    if (this.#isChecked) return;
    this.#isChecked = true;
    const folder = this.#folder;
    const missing = await withoutNodes(this.#documents, store);
    if (folder && missing.length > 0) {
      const listed = new Set(await listedDocuments(folder.persistDir));
      const stillListed = missing.filter((id) => listed.has(id));
      if (stillListed.length > 0) warnOfDocuments(folder, stillListed, store);
    } else if (store.size === 0 && this.#isNew) await warnOfEmpty(folder);
  }
}

function warnOfDocuments(
  { path, persistDir }: StoreFolder,
  ids: readonly string[],
  { size }: FaissStore<NodeRecord>,
): void {
  const { count, names } = listOf(ids);
  warn(
    code,
    `The FAISS store in ${path} ${size === 0 ? "is empty" : "lacks nodes"}: it has no nodes of ` +
      `${count} that ${documentStoreIn(persistDir)} lists, so queries do not find them: ` +
      `${names}. ${skipped} ${size === 0 ? `${embedAll} ` : ""}${embedSome}`,
    ids,
  );
}

async function warnOfEmpty(folder: StoreFolder | undefined): Promise<void> {
  // A storage context with this folder would have created it, and its document store is empty.
  if (folder && (await isFolder(folder.persistDir))) return;
  const where = folder ? `${folder.persistDir} does not exist` : "It is in memory only";
  warn(
    code,
    `The FaissVectorStore is empty, so the query finds nothing. ${where}. To query nodes that ` +
      "were saved, open their folder: FaissVectorStore.fromPersistDir(persistDir). If a storage " +
      `context has a persistDir, give the vector store the same one. ${skipped} ${embedAll}`,
  );
}

/** Which of some documents have no node in the store. */
async function withoutNodes(
  ids: readonly string[],
  store: FaissStore<NodeRecord>,
): Promise<string[]> {
  const missing = new Set(ids);
  if (missing.size === 0) return [];
  for await (const { record } of recordsOf(store)) {
    missing.delete(record.refDocId);
    if (missing.size === 0) break;
  }
  return [...missing];
}

interface DocumentStore {
  [collection: string]: Record<string, Entry | undefined> | undefined;
}

interface Entry {
  /** Of the metadata of a node: its source document. */
  refDocId?: string;
  /** Of the data. */
  __type__?: string;
  __data__?: string;
}

/**
 * The documents of text that the document store in a folder lists.
 *
 * @returns their ids; none if there is no such file, or it cannot be read
 */
async function listedDocuments(persistDir: string): Promise<string[]> {
  try {
    const text = await readFile(documentStoreIn(persistDir), "utf8");
    const stored: DocumentStore = JSON.parse(text);
    return Object.entries(stored).flatMap(([collection, entries = {}]) => {
      if (!collection.endsWith("/metadata")) return [];
      const data = stored[collection.replace(/metadata$/, "data")] ?? {};
      return Object.entries(entries)
        .filter(([id, entry]) => !entry?.refDocId && hasText(data[id]))
        .map(([id]) => id);
    });
  } catch {
    return [];
  }
}

/** A blank document may have no nodes, and the nodes of images are in another store. */
function hasText({ __type__: type, __data__: data }: Entry = {}): boolean {
  if (type !== ObjectType.TEXT && type !== ObjectType.DOCUMENT) return false;
  const { text } = typeof data === "string" ? JSON.parse(data) : {};
  return typeof text === "string" && text.trim() !== "";
}

function documentStoreIn(persistDir: string): string {
  return join(persistDir, DEFAULT_DOC_STORE_PERSIST_FILENAME);
}

async function hasNamespaces(persistDir: string): Promise<boolean> {
  const names: string[] = await readdir(persistDir).catch(() => []);
  return names.some((name) => name.endsWith(`__${folderName}`));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
