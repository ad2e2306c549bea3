import type { FaissStoreHit } from "@embeddinggemma/faiss";
import { escapeControls } from "@embeddinggemma/internal";
import type { DocumentRecord } from "@embeddinggemma/langchain";
import { print, type Terminal } from "../terminal/terminal.ts";
import { cut, firstLines, widthOf } from "../terminal/width.ts";

const shownLines = 2;

/** Prints what a search has found, best first: as JSON, or with the start of each chunk. */
export function printHits(
  hits: readonly FaissStoreHit<DocumentRecord>[],
  json: boolean | undefined,
  terminal: Terminal,
): void {
  if (json) {
    const found = hits.map(({ id, score, record: { pageContent: text, metadata } }) => {
      return { id, score, text, metadata };
    });
    print(terminal, JSON.stringify(found));
    return;
  }
  const { colors, output } = terminal;
  const width = widthOf(output);
  for (const [index, { score, record }] of hits.entries()) {
    const { pageContent, metadata } = record;
    const rank = `${index + 1}`.padStart(`${hits.length}`.length);
    const place = escapeControls(placeOf(metadata));
    const title = typeof metadata.title === "string" ? escapeControls(metadata.title) : "";
    const head = `${rank}  ${score.toFixed(4)}  `;
    const room = width - head.length - place.length - 2;
    const heading = title && room > 8 ? `  ${colors.dim(cut(title, room))}` : "";
    print(terminal, `${colors.dim(head)}${colors.cyan(place)}${heading}`);
    const indent = " ".repeat(rank.length + 2);
    const text = escapeControls(pageContent.replaceAll(/\s+/g, " "));
    for (const line of firstLines(text, width - indent.length, shownLines))
      print(terminal, indent + line);
  }
}

/** The file, with its line, or the page of a PDF. */
function placeOf({ source, page, loc }: Record<string, unknown>): string {
  const name = typeof source === "string" ? source : "(no source)";
  if (typeof page === "number") return `${name} p. ${page}`;
  const line = (loc as { lines?: { from?: number } } | undefined)?.lines?.from;
  return line === undefined ? name : `${name}:${line}`;
}
