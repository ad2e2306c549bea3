import type { checkRecord } from "@embeddinggemma/faiss";
import { awaitHint, isObject, isRecord, type Rules, rules } from "@embeddinggemma/internal";
import { checker } from "../checker.ts";
import type { DocumentIndexOptions, IndexingOptions } from "./document-index-options.ts";
import type { IndexedDocument } from "./indexed-document.ts";
import type { DocumentSearchOptions } from "./search-documents.ts";

const { checkOptions, invalidArgument } = checker;

const indexRules: Rules<DocumentIndexOptions> = {
  readOnly: rules.flag,
  onReopen: rules.callback,
  store: rules.object,
  maxPending: rules.count,
  maxPendingCharacters: rules.count,
};

/** @throws EmbeddingGemmaError `INVALID_ARGUMENT` */
export function checkIndexOptions(options: DocumentIndexOptions): void {
  checkOptions(options, indexRules);
}

/** @throws EmbeddingGemmaError `INVALID_ARGUMENT` */
export function checkIndexingOptions(options: IndexingOptions): void {
  checkOptions(options, { onEmbed: rules.callback, onTruncate: rules.callback });
}

const searchRules: Rules<DocumentSearchOptions> = {
  filter: rules.anything,
  onFinish: rules.callback,
  signal: rules.signal,
  truncation: rules.anything,
};

/** @throws EmbeddingGemmaError `INVALID_ARGUMENT` */
export function checkSearch(limit: unknown, options: DocumentSearchOptions): void {
  const { accepts, expected } = rules.count;
  if (!accepts(limit)) throw invalidArgument("limit", limit, expected);
  checkOptions(options, searchRules);
}

/** @throws EmbeddingGemmaError `INVALID_ARGUMENT` */
export function checkEmbedder(embedder: unknown): void {
  if (isRecord(embedder) && typeof embedder.encodeDocument === "function") return;
  throw invalidArgument("embedder", embedder, "an Embedder", awaitHint(embedder));
}

/**
 * Checks documents that a later call saves together with others.
 *
 * @param copyOf - of `@embeddinggemma/faiss`, which applications without a store do not import
 * @returns copies of them
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT`; FaissStoreError `INVALID_RECORD` for what cannot
 * be saved
 */
export function checkDocuments(documents: unknown, copyOf: typeof checkRecord): IndexedDocument[] {
  checkArray("documents", documents);
  return Array.from(documents as unknown[], (document, position) => {
    const name = `documents[${position}]`;
    if (!isObject(document)) throw invalidArgument(name, document, "an object with a text `text`");
    const { text, title, id } = document;
    if (typeof text !== "string") throw invalidArgument(`${name}.text`, text, "a string");
    if (typeof (title ?? "") !== "string")
      throw invalidArgument(`${name}.title`, title, "a string");
    const isId = typeof id === "string" ? id !== "" : Number.isSafeInteger(id ?? 0);
    if (!isId) throw invalidArgument(`${name}.id`, id, "a string, not empty, or a whole number");
    return copyOf(document as unknown as IndexedDocument, name);
  });
}

/** @throws EmbeddingGemmaError `INVALID_ARGUMENT` */
export function checkTexts(name: string, texts: unknown): void {
  checkArray(name, texts);
  for (const [position, text] of (texts as unknown[]).entries())
    if (typeof text !== "string") throw invalidArgument(`${name}[${position}]`, text, "a string");
}

/** @throws EmbeddingGemmaError `INVALID_ARGUMENT` */
export function checkArray(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw invalidArgument(name, value, "an array", awaitHint(value));
}
