import type { FaissStoreOptions, Identity, JsonValue, RecordValue, Vector } from "./types.ts";

/** Which library has saved a folder or file. `faiss` is a FAISS file. */
export type ForeignFormat = "langchain-js" | "langchain-python" | "llamaindex-python" | "faiss";

export interface ImportOptions<R> extends FaissStoreOptions {
  /** @default detected from the files */
  format?: ForeignFormat | undefined;
  /** Name of the files in a folder of LangChain for Python, without extension. @default "index" */
  indexName?: string | undefined;
  /** Ids for the vectors of a FAISS file, one for each. @default the numbers that FAISS returns */
  ids?: readonly string[] | undefined;
  /**
   * Id of one of several vector indexes in a folder of LlamaIndex (Python).
   *
   * @default the only one
   */
  indexId?: string | undefined;
  /**
   * Name of one of several vector stores in a folder of LlamaIndex (Python): `image` for the file
   * `image__vector_store.json`.
   *
   * @default the only one with vectors
   */
  sourceNamespace?: string | undefined;
  /**
   * What to do if several vectors have the same id: `"error"` refuses the import, `"number"` keeps
   * all of them, as `id`, `id#2`, `id#3` and so on.
   *
   * @default "error"
   */
  duplicateIds?: "error" | "number" | undefined;
  /**
   * Accepts vectors that are not unit vectors. The cosine ranks them differently than L2 or inner
   * product did.
   *
   * @default false
   */
  normalize?: boolean | undefined;
  /**
   * Makes the record from the source: `{ pageContent, metadata }` for LangChain, the JSON of a node
   * for LlamaIndex, null for a FAISS file. You may change the source, which is a copy. An object of
   * a Python class that has no known form in JSON is a {@link PythonObject} in it.
   *
   * @default the source; such an object is refused (`INVALID_RECORD`)
   */
  toRecord?: ((source: JsonValue, id: string) => R) | undefined;
  /**
   * The embedding that will search the store and add to it. Up to eight of the stored texts are
   * embedded and compared with the stored vectors. If these differ, the import is refused
   * (`IDENTITY_MISMATCH`); if the embedding states no identity, the process only warns. If they
   * agree, the store takes the identity of the embedding. With the option `identity`, nothing is
   * embedded: the store takes that identity, at your own word.
   *
   * @default none: the vectors are taken over as they are
   */
  embedding?: ImportEmbedding<R> | undefined;
  /**
   * Embeds all stored texts again with `embedding`, and does not use the stored vectors. The
   * dimension may be another one.
   *
   * @default false
   */
  reembed?: boolean | undefined;
  /** Ends the import while it embeds, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called while `reembed` embeds: how many of the texts are done. */
  onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

/**
 * An object of a Python class that has no known form in JSON, such as a member of an `Enum`. It
 * describes what is in the pickle: nothing of the class has been loaded or run.
 *
 * @example
 * // Color(1), a member of `class Color(Enum)`
 * const color: PythonObject = { pythonClass: "__main__.Color", args: [1] };
 */
export interface PythonObject {
  /** The module and the name of the class, or of a function that would make the object. */
  pythonClass: string;
  /** What Python would call it with. @default none: the value is the class or function itself */
  args?: JsonValue[];
  /** What Python would call it with by name. */
  keywords?: { [name: string]: JsonValue };
  /** The attributes, mostly an object. */
  state?: JsonValue;
  /** The items, if the class is like a list or a set. */
  items?: JsonValue[];
  /** The entries, if the class is like a dict. */
  entries?: { [key: string]: JsonValue };
}

/** How an import makes vectors of records. */
export interface ImportEmbedding<R> {
  /** How many numbers its vectors have. @default not checked before a text is embedded */
  dimension?: number | undefined;
  /** What the vectors depend on. @default unknown */
  identity?: Identity | undefined;
  /** The text of a record; an import compares vectors of texts that are not empty. */
  textOf: (record: R) => string;
  /** Embeds records, as later ones will be. Returns one vector for each, in their order. */
  embed: (
    records: readonly R[],
    options: { signal: AbortSignal | undefined },
  ) => Promise<readonly Vector[]>;
  /**
   * Other ways to embed a record that may have made the stored vectors. If you name several that do
   * not fit, and all are further away, an import accepts less similar vectors: those of `q4` and
   * `fp32`. None is tried if the vectors are the same.
   *
   * @default none
   */
  variants?: readonly ImportVariant<R>[] | undefined;
}

/** Another way to embed records. */
export interface ImportVariant<R> {
  /** Completes the sentence "these texts were embedded …", such as `without a prompt`. */
  name: string;
  /**
   * Whether vectors made this way belong to the embedding too. If not, an import refuses stored
   * vectors that are closer to these than to those of the embedding.
   */
  fits: boolean;
  /** A sentence for the error that refuses them: what else makes vectors this way. @default none */
  advice?: string | undefined;
  embed: ImportEmbedding<R>["embed"];
}

/** What LangChain stores for a text. */
export interface LangChainDocument {
  pageContent: string;
  metadata: { [key: string]: RecordValue };
}

export interface LangChainExportOptions<R> {
  /** Name of the files, without extension. @default "index" */
  indexName?: string | undefined;
  /** Makes a document from a record. @default the record's `pageContent` and `metadata` */
  toDocument?: ((record: R, id: string) => LangChainDocument) | undefined;
}
