import { isRecord, reasonOf, show } from "@embeddinggemma/internal";
import { dataInvalid } from "./data-error.ts";
import { readLines } from "./read-lines.ts";
import { readTable } from "./read-table.ts";

/** A row of a JSONL, CSV or TSV file. */
export interface Row {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Reads the rows of a file one by one: the objects of a JSONL file, or the rows of a file whose
 * name ends with `.csv` or `.tsv` (or `.csv.gz`, `.tsv.gz`), whose first row has the names of the
 * columns.
 *
 * @throws EmbeddingGemmaError `DATA_INVALID` if the file cannot be read, a line is no JSON object,
 * a row of a table has more or fewer fields than the first one, or there are no rows
 */
export async function* readRows(file: string): AsyncGenerator<Row> {
  const [, ending] = /\.(csv|tsv)(?:\.gz)?$/i.exec(file) ?? [];
  const rows =
    ending === undefined
      ? readObjects(file)
      : readNamedFields(file, ending.toLowerCase() === "csv" ? "," : "\t");
  let isEmpty = true;
  for await (const row of rows) {
    isEmpty = false;
    yield row;
  }
  if (isEmpty) throw dataInvalid({ file }, "the file is empty. Check that it was written.");
}

async function* readObjects(file: string): AsyncGenerator<Row> {
  for await (const { number, text } of readLines(file))
    yield { file, line: number, values: objectOf(file, number, text) };
}

function objectOf(file: string, line: number, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = `this is not JSON (${reasonOf(error)}). Write one JSON object per line.`;
    throw dataInvalid({ file, line }, message, {}, error);
  }
  if (isRecord(value) && !Array.isArray(value)) return value;
  throw dataInvalid(
    { file, line },
    `there must be one JSON object per line; ${show(value)} was found.`,
  );
}

async function* readNamedFields(file: string, delimiter: "," | "\t"): AsyncGenerator<Row> {
  let names: readonly string[] | undefined;
  for await (const { fields, line } of readTable(file, delimiter)) {
    if (names === undefined) {
      names = fields;
      continue;
    }
    if (fields.length !== names.length) {
      const message =
        `this row has ${fields.length} fields, but the first row has ${names.length}. ` +
        "Put fields with commas, tabs or line breaks in quotes.";
      throw dataInvalid({ file, line }, message);
    }
    yield { file, line, values: Object.fromEntries(names.map((name, at) => [name, fields[at]])) };
  }
}
