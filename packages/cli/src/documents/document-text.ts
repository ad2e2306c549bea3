/** What a file says of itself, as JSON. */
export type Metadata = Readonly<Record<string, unknown>>;

/** What a file says. */
export interface DocumentText {
  /** The title that the file gives itself. */
  readonly title?: string | undefined;
  /** None if it is missing. */
  readonly metadata?: Metadata | undefined;
  /** What is not read of the file, as a sentence. */
  readonly fault?: string | undefined;
  readonly parts: readonly DocumentPart[];
}

/** A text that is split into chunks: a whole file, or a page of a PDF. */
interface DocumentPart {
  readonly text: string;
  /** Number of the page, from 1. */
  readonly page?: number | undefined;
}
