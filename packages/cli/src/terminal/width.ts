import type { Writable } from "node:stream";
import truncatedWidth from "fast-string-truncated-width";

/** Columns of a terminal. Of anything else, a number that suits most readers. */
export function widthOf(stream: Writable): number {
  const { columns } = stream as Partial<NodeJS.WriteStream>;
  return columns || 100;
}

/** Cuts a text to a number of columns. */
export function cut(text: string, columns: number): string {
  const { index, truncated, ellipsed } = truncatedWidth(text, { limit: columns, ellipsis: "…" });
  return truncated ? `${text.slice(0, index)}${ellipsed ? "…" : ""}` : text;
}
