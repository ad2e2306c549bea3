import type { DocumentInput } from "@embeddinggemma/core";

/** A string that two documents share exactly if they have the same title and the same text. */
export function documentKey(document: DocumentInput): string {
  if (typeof document === "string") return document;
  const { title, text } = document;
  // NUL, so that no text is taken for a title with a text.
  return title === undefined || title === null || title === "" ? text : `${title}\0${text}`;
}
