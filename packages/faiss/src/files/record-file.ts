import { Pacer } from "@embeddinggemma/internal";
import { isTooDeep, maxRecordDepth } from "../rows/json-record.ts";
import type { Table } from "../rows/table.ts";
import { damaged } from "./manifest.ts";

/** A line of a records file; `null` for a row that was already dead when it was saved. */
type Line<R> = [sequence: number, id: string, record: R] | null;

const minPieceLength = 2 ** 16;

/** Leaves room to count on, when items are added. */
const maxSequence = 2 ** 52;

/** One line of JSON for each row: its place in insertion order, its id and its record. */
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
    if (text.length >= minPieceLength) {
      yield Buffer.from(text);
      text = "";
      if (pacer.due) await pacer.pause();
    }
  }
  if (text !== "") yield Buffer.from(text);
}

/** Adds the lines of a file to a table, which has `rows` rows afterwards. */
export async function readRecordLines<R>(
  pieces: AsyncIterable<Buffer>,
  table: Table<R>,
  rows: number,
  path: string,
): Promise<void> {
  const pacer = new Pacer();
  // A line can be longer than a piece. Joined only once, it takes time in proportion to its length.
  let begun: Buffer[] = [];
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, start)) {
      if (table.rows === rows) throw damaged(path, "it has too many lines");
      const last = piece.subarray(start, end);
      const line = parseLine<R>(begun.length > 0 ? Buffer.concat([...begun, last]) : last, path);
      if (line) table.restore(line[1], line[2], line[0]);
      else table.restore(undefined, undefined, 0);
      begun = [];
      start = end + 1;
      if (pacer.due) await pacer.pause();
    }
    if (start < piece.length) begun.push(piece.subarray(start));
  }
  if (begun.length > 0) throw damaged(path, "its last line does not end");
  if (table.rows !== rows) throw damaged(path, "it has too few lines");
}

function parseLine<R>(bytes: Buffer, path: string): Line<R> {
  const line = parseJson(bytes);
  if (line === null) return null;
  const mayBeTooDeep = bytes.length > 2 * maxRecordDepth;
  if (Array.isArray(line) && line.length === 3 && !(mayBeTooDeep && isTooDeep(line[2]))) {
    const [sequence, id] = line;
    const hasPlace = Number.isSafeInteger(sequence) && sequence >= 0 && sequence <= maxSequence;
    if (hasPlace && typeof id === "string" && id !== "") return line as Line<R>;
  }
  throw damaged(path, "one of its lines is not a record");
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
