import { extractText, getDocumentProxy, getMeta } from "unpdf";
import type { DocumentText } from "./document-text.ts";

/**
 * Reads the pages of a PDF.
 *
 * @throws Error if it is damaged, encrypted, or has no text
 */
export async function readPdf(content: Uint8Array): Promise<DocumentText> {
  // Its messages would be printed among the results.
  const pdf = await getDocumentProxy(new Uint8Array(content), { verbosity: 0 }).catch(refuse);
  try {
    const { text } = await extractText(pdf);
    if (text.every((page) => page.trim() === ""))
      throw new Error(
        "It has no text. Scanned pages must go through text recognition (OCR) first.",
      );
    const { info } = await getMeta(pdf);
    return {
      title: typeof info.Title === "string" ? info.Title.trim() || undefined : undefined,
      parts: text.map((page, index) => ({ text: page, page: index + 1 })),
    };
  } finally {
    await pdf.loadingTask.destroy();
  }
}

/** The library does not export the classes of its errors. */
function refuse(error: Error): never {
  if (error.name === "InvalidPDFException")
    throw new Error("It is damaged, or no PDF.", { cause: error });
  if (error.name === "PasswordException")
    throw new Error("It needs a password. Save it without one.", { cause: error });
  throw error;
}
