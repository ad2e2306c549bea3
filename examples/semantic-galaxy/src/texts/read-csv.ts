import { CsvError, parse } from "csv-parse/browser/esm/sync";
import { FileProblem, type FoundText } from "./text-limits.ts";

const textNames = namesOf(
  "text content body description abstract passage document sentence summary review comment",
);
const titleNames = namesOf("title name headline heading subject label");
const categoryNames = namesOf("category topic class type tag genre");

/**
 * The rows of a table. The names in its first row say which column is the text, the title and the
 * category. Without such names, the text is the column with the longest texts.
 *
 * @throws FileProblem, with the line if there is one
 */
export function readCsv(content: string, file: string): FoundText[] {
  const rows = parseRows(content, file);
  const names = rows[0] ?? [];
  const isHeader = names.some((name) => textNames.test(name) || titleNames.test(name));
  const body = isHeader ? rows.slice(1) : rows;
  const named = (pattern: RegExp) =>
    isHeader ? names.findIndex((name) => pattern.test(name)) : -1;
  const title = named(titleNames);
  const category = named(categoryNames);
  const ofText = named(textNames);
  const text = ofText >= 0 ? ofText : longestColumn(body, [title, category]);
  return body.map((row) => ({
    text: row[text] ?? row[title] ?? "",
    ...(title >= 0 && title !== text && row[title] && { title: row[title] }),
    ...(category >= 0 && row[category] && { category: row[category] }),
  }));
}

function parseRows(content: string, file: string): string[][] {
  try {
    return parse(content, {
      bom: true,
      delimiter: delimiterOf(content),
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new FileProblem(file, `this is not CSV (${error.code}).`, error.lines as number);
  }
}

/** The one that the first line has most of. */
function delimiterOf(content: string): string {
  const [line = ""] = content.split("\n", 1);
  const countOf = (mark: string) => line.split(mark).length;
  return [",", ";", "\t"].reduce((best, mark) => (countOf(mark) > countOf(best) ? mark : best));
}

function longestColumn(rows: readonly string[][], others: readonly number[]): number {
  const lengths: number[] = [];
  for (const row of rows.slice(0, 200)) {
    for (const [column, { length }] of row.entries()) {
      if (!others.includes(column)) lengths[column] = (lengths[column] ?? 0) + length;
    }
  }
  return lengths.reduce((best, length, at) => (length > (lengths[best] ?? -1) ? at : best), 0);
}

function namesOf(names: string): RegExp {
  return new RegExp(`^(${names.replaceAll(" ", "|")})$`, "i");
}
