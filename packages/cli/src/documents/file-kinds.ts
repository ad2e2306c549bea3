import { extname } from "node:path";

/** How a file is read. */
export type FileKind = "text" | "markdown" | "html" | "pdf";

const kinds: Readonly<Record<string, FileKind>> = {
  ".txt": "text",
  ".text": "text",
  ".rst": "text",
  ".adoc": "text",
  ".asciidoc": "text",
  ".org": "text",
  ".md": "markdown",
  ".markdown": "markdown",
  ".mdx": "markdown",
  ".html": "html",
  ".htm": "html",
  ".xhtml": "html",
  ".pdf": "pdf",
};

/** Names of files that are read from folders, for messages. */
export const readExtensions = Object.keys(kinds).join(", ");

/** The kind of a file, by its name; undefined for files that are not read from folders. */
export function kindOf(path: string): FileKind | undefined {
  return kinds[extname(path).toLowerCase()];
}
