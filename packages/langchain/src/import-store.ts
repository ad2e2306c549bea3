import {
  FaissStore as CoreStore,
  checkImportOptions,
  FaissStoreError,
  type ForeignFormat,
  type ImportOptions,
  type JsonValue,
} from "@embeddinggemma/faiss";
import { createWith, isObject, show } from "@embeddinggemma/internal";
import type { DocumentInterface } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { checkEmbeddings } from "./check-arguments.ts";
import { storeChecker } from "./check-options.ts";
import type { DocumentRecord } from "./document-record.ts";
import { explainOption } from "./embeddings-option.ts";
import { importEmbedding } from "./import-embedding.ts";

/** A document of another library, as `toRecord` gets it. */
export interface ImportedDocument {
  pageContent: string;
  /**
   * An object of a Python class that has no known form in JSON is a `PythonObject` of
   * `@embeddinggemma/faiss` here.
   */
  metadata: { [key: string]: JsonValue };
  /** Further fields, if the document is of a subclass. */
  [field: string]: JsonValue;
}

/** Options that say what is imported, which the call itself does. */
const withheld = ["format", "ids", "embedding", "indexId", "sourceNamespace"] as const;

/**
 * Options of an import: the options of the new FAISS index, and `indexName`, `normalize`,
 * `duplicateIds`, `reembed`, `signal` and `onProgress`. See `ImportOptions` of
 * `@embeddinggemma/faiss`.
 */
export interface FaissStoreImportOptions
  extends Omit<ImportOptions<DocumentRecord>, (typeof withheld)[number] | "toRecord"> {
  /**
   * Makes the document to store from that of the other library, which is a copy. Use it to change
   * metadata, or to decide about objects of Python classes that have no known form in JSON.
   *
   * @default the document; one with such an object is refused (`INVALID_RECORD`)
   */
  toRecord?:
    | ((
        document: ImportedDocument,
        id: string,
      ) => DocumentRecord | Pick<DocumentInterface, "pageContent" | "metadata">)
    | undefined;
}

/**
 * Imports what another library of LangChain has saved.
 *
 * @throws `INVALID_ARGUMENT`, and the errors of `FaissStore.import` of `@embeddinggemma/faiss`
 */
export async function importStore(
  directory: string | URL,
  embeddings: EmbeddingsInterface,
  format: ForeignFormat,
  options: FaissStoreImportOptions = {},
): Promise<CoreStore<DocumentRecord>> {
  checkEmbeddings(embeddings);
  const names = format === "langchain-js" ? [...withheld, "indexName"] : withheld;
  const hint = "FaissStore.import of @embeddinggemma/faiss takes it.";
  try {
    createWith(storeChecker, {}, options, checkImportOptions, { names, hint });
  } catch (error) {
    throw explainOption(error, options);
  }
  const { toRecord, ...others } = options;
  return CoreStore.import<DocumentRecord>(directory, {
    ...others,
    format,
    toRecord: toRecord && recordMaker(toRecord),
    embedding: await importEmbedding(embeddings),
  });
}

function recordMaker(
  toRecord: NonNullable<FaissStoreImportOptions["toRecord"]>,
): ImportOptions<DocumentRecord>["toRecord"] {
  return (source, id) => recordOf(toRecord(source as unknown as ImportedDocument, id), id);
}

/** A `Document` has more than a record. */
function recordOf(document: unknown, id: string): DocumentRecord {
  const { pageContent, metadata } = isObject(document) ? document : ({} as Partial<DocumentRecord>);
  if (typeof pageContent === "string" && isObject(metadata ?? {}))
    return { pageContent, metadata: (metadata ?? {}) as DocumentRecord["metadata"] };
  throw new FaissStoreError(
    "INVALID_RECORD",
    `toRecord must return a document { pageContent, metadata }; ${show(document)} was returned ` +
      `for ${show(id)}.`,
    { id },
  );
}
