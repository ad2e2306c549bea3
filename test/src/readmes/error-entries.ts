import { readFile } from "node:fs/promises";

/** What a page of errors says about one code. */
export interface ErrorEntry {
  /** The second-level heading above it. */
  section: string;
  /** The first word of its own heading. */
  code: string;
  /** The beginnings of messages in its block of plain text, with `…` for what differs. */
  messages: string[];
}

/** The third-level headings of a page, each with the messages below it. */
export async function errorEntries(path: string): Promise<ErrorEntry[]> {
  const text = await readFile(path, "utf8");
  return text.split(/^## /m).flatMap((part) =>
    part
      .split(/^### /m)
      .slice(1)
      .map((entry) => ({
        section: part.slice(0, part.indexOf("\n")),
        code: entry.match(/^\w+/)![0],
        messages: (entry.match(/```text\n(.*?)\n```/s)?.[1] ?? "").split("\n").filter(Boolean),
      })),
  );
}
