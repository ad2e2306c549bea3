import type { RecordValue } from "@embeddinggemma/faiss";

/** A document as clients send it. All its fields are stored; `text` is embedded. */
export interface IndexedDocument {
  /** @default the next whole number */
  readonly id?: string | number | undefined;
  readonly text: string;
  /** Fills the place for a title in the document prompt. */
  readonly title?: string | null | undefined;
  readonly [field: string]: RecordValue | undefined;
}
