import { decodeText } from "./decode-text.ts";
import type { DocumentText } from "./document-text.ts";
import { kindOf } from "./file-kinds.ts";
import { splitFrontMatter } from "./front-matter.ts";
import { markdownTitle } from "./markdown-title.ts";

/**
 * Reads the content of a file. A file with an unknown extension is read as text.
 *
 * @throws Error that says what is wrong with the file
 */
export async function readDocument(path: string, content: Uint8Array): Promise<DocumentText> {
  switch (kindOf(path)) {
    case "pdf": {
      const { readPdf } = await import("./read-pdf.ts");
      return readPdf(content);
    }
    case "html": {
      const { readHtml } = await import("./read-html.ts");
      return readHtml(content);
    }
    case "markdown": {
      const { title, text, ...rest } = splitFrontMatter(decodeText(content));
      return { ...rest, title: title ?? markdownTitle(text), parts: [{ text }] };
    }
    default:
      return { parts: [{ text: decodeText(content) }] };
  }
}
