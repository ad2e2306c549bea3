import { readCsv } from "./read-csv.ts";
import { readJsonLines } from "./read-json-lines.ts";
import { readMarkdown } from "./read-markdown.ts";
import { readPlainText } from "./read-plain-text.ts";
import { FileProblem, type FoundText, limits } from "./text-limits.ts";

const readers: Readonly<Record<string, (content: string, file: string) => FoundText[]>> = {
  txt: readPlainText,
  text: readPlainText,
  md: readMarkdown,
  markdown: readMarkdown,
  csv: readCsv,
  tsv: readCsv,
  jsonl: readJsonLines,
  ndjson: readJsonLines,
};

/** What a file chooser offers. */
export const fileTypes: string = Object.keys(readers)
  .map((type) => `.${type}`)
  .join(",");

/**
 * The texts of a file, by the ending of its name: paragraphs or lines of a text file, sections of a
 * Markdown file, rows of a table, objects of JSON Lines.
 *
 * @throws FileProblem
 */
export async function readFile(file: File): Promise<FoundText[]> {
  const ending = /\.(\w+)$/.exec(file.name)?.[1]?.toLowerCase() ?? "";
  const read = readers[ending];
  if (!read) {
    throw new FileProblem(
      file.name,
      `this kind of file cannot be read. Use ${Object.keys(readers).join(", ")}.`,
    );
  }
  if (file.size > limits.fileBytes) {
    throw new FileProblem(
      file.name,
      `it has ${megabytes(file.size)}, and the limit is ${megabytes(limits.fileBytes)}.`,
    );
  }
  const content = decode(await file.arrayBuffer(), file.name);
  const texts = read(content, file.name).filter(({ text }) => text.trim() !== "");
  if (texts.length === 0) throw new FileProblem(file.name, "there is no text in it.");
  return texts.map((found) => ({ ...found, text: found.text.slice(0, limits.characters) }));
}

function decode(bytes: ArrayBuffer, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FileProblem(file, "it is not UTF-8. Save it as UTF-8 and try again.");
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(0)} MB`;
}
