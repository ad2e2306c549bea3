/** What the page takes, so that a wrong file does not freeze a phone. */
export const limits = {
  fileBytes: 20_000_000,
  texts: 20_000,
  /** Characters of a text; the rest is left out. A model reads about 8,000 of them. */
  characters: 20_000,
} as const;

/** Why a file could not be read, in words for the visitor. */
export class FileProblem extends Error {
  override readonly name = "FileProblem";
  readonly file: string;
  /** The line that is wrong, from 1; undefined if no single line is. */
  readonly line: number | undefined;

  constructor(file: string, reason: string, line?: number) {
    super(`${file}${line === undefined ? "" : `, line ${line}`}: ${reason}`);
    this.file = file;
    this.line = line;
  }
}

/** A text of a file. */
export interface FoundText {
  readonly title?: string;
  readonly text: string;
  readonly category?: string;
}
