import type { EncodeStatistics } from "@embeddinggemma/core";
import type { FaissStoreOptions } from "@embeddinggemma/faiss";

/** Options of `DocumentIndex.open`. */
export interface DocumentIndexOptions {
  /**
   * Refuse all changes. Those that another program saves are found nevertheless.
   *
   * @default false
   */
  readOnly?: boolean | undefined;
  /**
   * Called when another program has saved the store, and it was opened again.
   *
   * @param failure - why it could not be opened; the documents are those from before then, and
   * later searches try again
   */
  onReopen?: ((failure?: unknown) => void) | undefined;
  /**
   * Options of a new store. If the folder has one, `engine`, `scanBelow` and `faissNode` take
   * effect at once, and the others with the next `index`.
   *
   * @default those of the store in the folder
   */
  store?: Omit<FaissStoreOptions, "dimension" | "identity"> | undefined;
  /**
   * How many documents can wait for `index` or `upsert`.
   *
   * @default 1_000_000
   */
  maxPending?: number | undefined;
  /**
   * How many characters the strings of these documents can have together.
   *
   * @default an eighth of the bytes of the JavaScript heap's limit
   */
  maxPendingCharacters?: number | undefined;
}

/** Options of `DocumentIndex.index` and `upsert`. */
export interface IndexingOptions {
  /** Called with the texts of the documents when they are embedded, before they are saved. */
  onEmbed?: ((texts: readonly string[], statistics: EncodeStatistics) => void) | undefined;
  /**
   * Called for each document that is embedded and longer than the model reads at once: what comes
   * after is not found. `id` is undefined if the document has none of its own.
   */
  onTruncate?: ((id: string | number | undefined) => void) | undefined;
}
