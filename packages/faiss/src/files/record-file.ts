import { Pacer } from "../concurrency/pacer.ts";
import type { Table } from "../rows/table.ts";
import { damaged } from "./manifest.ts";

/** A line of a records file; `null` for a row that was dead when it was saved. */
type Line<R> = [sequence: number, id: string, record: R] | null;

const linesPerPiece = 256;

/** One line of JSON a row: its place in insertion order, its id and its record. */
export async function* recordLines<R>(
  table: Table<R>,
  start: number,
  end: number,
): AsyncIterable<Buffer> {
  const pacer = new Pacer();
  let text = "";
  for (let row = start; row < end; row++) {
    const id = table.ids[row];
    const line: Line<R> = id === undefined ? null : [table.sequence[row]!, id, table.records[row]!];
    text += `${JSON.stringify(line)}\n`;
    if ((row - start) % linesPerPiece === linesPerPiece - 1) {
      yield Buffer.from(text);
      text = "";
      if (pacer.due) await pacer.pause();
    }
  }
  if (text !== "") yield Buffer.from(text);
}

/** Puts the lines of a file into a table, which has `rows` rows then. */
export async function readRecordLines<R>(
  pieces: AsyncIterable<Buffer>,
  table: Table<R>,
  rows: number,
  path: string,
): Promise<void> {
  const pacer = new Pacer();
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      if (table.rows === rows) throw damaged(path, "it has too many lines");
      const line = parseLine<R>(bytes.toString("utf8", start, end), path);
      if (line) table.restore(line[1], line[2], line[0]);
      else table.restore(undefined, undefined, 0);
      start = end + 1;
      if (pacer.due) await pacer.pause();
    }
    rest = bytes.subarray(start);
  }
  if (table.rows !== rows) throw damaged(path, "it has too few lines");
}

function parseLine<R>(text: string, path: string): Line<R> {
  try {
    const line = JSON.parse(text) as Line<R>;
    if (
      line === null ||
      (Number.isSafeInteger(line[0]) && typeof line[1] === "string" && line.length === 3)
    )
      return line;
  } catch {}
  throw damaged(path, "a line of it is no record");
}
