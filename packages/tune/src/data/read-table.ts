import { pipeline } from "node:stream";
import { sentenceOf } from "@embeddinggemma/internal";
import { CsvError, parse } from "csv-parse";
import { dataInvalid } from "./data-error.ts";
import { readBytes } from "./read-lines.ts";

/** A row of a CSV or TSV file. */
export interface TableRow {
  /** The last line of the row, from 1: a quoted field can have line breaks. */
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Reads the rows of a CSV or TSV file one by one. Quotes mean what they mean to Python's `csv` with
 * `QUOTE_MINIMAL`, which BEIR reads its qrels with: a field that begins with `"` ends with one, and
 * any other quote is part of the text. Empty lines are left out, and so is a byte order mark.
 *
 * @throws EmbeddingGemmaError `DATA_INVALID` as `readLines`, and for a quote that nothing closes
 */
export async function* readTable(file: string, delimiter: "," | "\t"): AsyncGenerator<TableRow> {
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  });
  try {
    for await (const { info, record } of pipeline(readBytes(file), parser, () => {}))
      yield { line: info.lines, fields: record };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === "number" ? error.lines : undefined;
    const message = `${sentenceOf(error)} Close the quote, or write each quote in a field twice.`;
    throw dataInvalid({ file, line }, message, {}, error);
  }
}
