/** What a file says. */
export interface DocumentText {
  /** The title that the file gives itself. */
  readonly title?: string | undefined;
  readonly parts: readonly DocumentPart[];
}

/** A text that is split into chunks: a whole file, or a page of a PDF. */
interface DocumentPart {
  readonly text: string;
  /** Number of the page, from 1. */
  readonly page?: number | undefined;
}
