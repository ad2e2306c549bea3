import { Pacer } from "@embeddinggemma/internal";
import { isTooDeep, maxRecordDepth } from "../rows/json-record.ts";
import type { SavableTable, Table } from "../rows/table.ts";
import { damaged } from "./manifest.ts";

/** A line of a records file; null for a row that was dead when it was saved. */
type Line<R> = [sequence: number, id: string, record: R] | null;

const minPieceLength = 2 ** 16;

/** Leaves room for more items. */
const maxSequence = 2 ** 52;

/** A line of JSON for each row: its number in insertion order, its id and its record. */
export async function* recordLines<R>(
  table: SavableTable<R>,
  start: number,
  end: number,
): AsyncIterable<Buffer> {
  const pacer = new Pacer();
  let text = "";
  for (let row = start; row < end; row++) {
    const live = table.rowAt(row);
    const line: Line<R> = live ? [live.sequence, live.id, live.record] : null;
    text += `${JSON.stringify(line)}\n`;
    if (text.length >= minPieceLength) {
      yield Buffer.from(text);
      text = "";
      if (pacer.due) await pacer.pause();
    }
  }
  if (text !== "") yield Buffer.from(text);
}

/** Adds the lines of a file to a table, which must have `rows` rows afterwards. */
export async function readRecordLines<R>(
  pieces: AsyncIterable<Buffer>,
  table: Table<R>,
  rows: number,
  path: string,
): Promise<void> {
  const pacer = new Pacer();
  // The pieces of a line that is longer than a piece. They are joined once: joining them again and
  // again would take quadratic time.
  let unfinished: Buffer[] = [];
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, start)) {
      if (table.rows === rows) throw damaged(path, "it has too many lines");
      const last = piece.subarray(start, end);
      const whole = unfinished.length > 0 ? Buffer.concat([...unfinished, last]) : last;
      const line = parseLine<R>(whole, path);
      if (line) table.restore(line[1], line[2], line[0]);
      else table.restore(undefined, undefined, 0);
      unfinished = [];
      start = end + 1;
      if (pacer.due) await pacer.pause();
    }
    if (start < piece.length) unfinished.push(piece.subarray(start));
  }
  if (unfinished.length > 0) throw damaged(path, "its last line is cut off");
  if (table.rows !== rows) throw damaged(path, "it has too few lines");
}

function parseLine<R>(bytes: Buffer, path: string): Line<R> {
  const line = parseJson(bytes);
  if (line === null) return null;
  const mayBeTooDeep = bytes.length > 2 * maxRecordDepth;
  if (Array.isArray(line) && line.length === 3 && !(mayBeTooDeep && isTooDeep(line[2]))) {
    const [sequence, id] = line;
    const isOrdered = Number.isSafeInteger(sequence) && sequence >= 0 && sequence <= maxSequence;
    if (isOrdered && typeof id === "string" && id !== "") return line as Line<R>;
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
