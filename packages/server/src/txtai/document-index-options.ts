import type { FaissStoreOptions } from "@embeddinggemma/faiss";

/** Options of `DocumentIndex.open`. */
export interface DocumentIndexOptions {
  /**
   * Refuse all changes. Those that another program saves are seen, within a second.
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
  /** Options of the store, if the folder has none yet. */
  store?: Omit<FaissStoreOptions, "dimension" | "identity"> | undefined;
  /**
   * How many documents can wait for `index` or `upsert`.
   *
   * @default 1_000_000
   */
  maxPending?: number | undefined;
}
