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
  return truncated ? `${text.slice(0, index).trimEnd()}${ellipsed ? "…" : ""}` : text;
}

/** The start of a text, in lines that break between words. */
export function firstLines(text: string, columns: number, count: number): string[] {
  const lines: string[] = [];
  let rest = text.replace(/\s+/g, " ").trim();
  while (rest !== "" && lines.length < count - 1) {
    const { index } = truncatedWidth(rest, { limit: columns, ellipsis: "" });
    const space = rest.lastIndexOf(" ", index);
    const end = index === rest.length || space <= 0 ? index : space;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return rest === "" ? lines : [...lines, cut(rest, columns)];
}
