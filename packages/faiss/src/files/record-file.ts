import { StringDecoder } from "node:string_decoder";
import { Pacer } from "@embeddinggemma/internal";
import { show } from "../errors.ts";
import { hasDates, isTooDeep, maxRecordDepth, recordTooLong } from "../rows/json-record.ts";
import type { SavableTable, Table, TableRow } from "../rows/table.ts";
import { damaged } from "./manifest.ts";
import { type DatePath, datePaths, restoreDates } from "./record-dates.ts";

/**
 * A line of a records file; null for a row that was dead when it was saved. In the JSON of the
 * record, a `Date` is a string, and `dates` says where. Only records with a `Date` have `dates`, so
 * that no value of a record can look like a date by accident.
 */
type Line<R> = [sequence: number, id: string, record: R, dates?: DatePath[]] | null;

const minPieceLength = 2 ** 16;
const maxPieceLength = 2 ** 20;

/** Longer lines are decoded in pieces: their bytes may be too many, but not their characters. */
const maxDecodedBytes = 2 ** 28;

/** Leaves room for more items. */
const maxSequence = 2 ** 52;

/** Whether the rows of a table from `start` on have a `Date` in a record. */
export function haveDates<R>(table: SavableTable<R>, start: number): boolean {
  for (let row = start; row < table.rows; row++)
    if (hasDates(table.rowAt(row)?.record)) return true;
  return false;
}

/**
 * A line of JSON for each row: its number in insertion order, its id and its record.
 *
 * @throws FaissStoreError `INVALID_RECORD` if a line does not fit into a string
 */
export async function* recordLines<R>(
  table: SavableTable<R>,
  start: number,
  end: number,
): AsyncIterable<Buffer> {
  const pacer = new Pacer();
  let text = "";
  for (let row = start; row < end; row++) {
    const line = lineOf(table.rowAt(row));
    if (line.length < maxPieceLength) text += `${line}\n`;
    else {
      yield Buffer.from(text);
      yield* pieces(line);
      text = "\n";
    }
    if (text.length >= minPieceLength || line.length >= maxPieceLength) {
      yield Buffer.from(text);
      text = "";
      if (pacer.due) await pacer.pause();
    }
  }
  if (text !== "") yield Buffer.from(text);
}

function lineOf<R>(live: TableRow<R> | undefined): string {
  if (!live) return "null";
  const { sequence, id, record } = live;
  const line: Line<R> = [sequence, id, record];
  if (hasDates(record)) line.push(datePaths(record));
  try {
    return JSON.stringify(line);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw recordTooLong({ name: `Item ${show(id)}`, details: { id } });
  }
}

/** Cuts a long text, but no surrogate pair. */
function* pieces(text: string): Iterable<Buffer> {
  for (let start = 0; start < text.length; ) {
    let end = Math.min(text.length, start + maxPieceLength);
    const isCut = end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
    if (isCut) end--;
    yield Buffer.from(text.slice(start, end));
    start = end;
  }
}

/**
 * Adds the lines of a file to a table, which must have `rows` rows afterwards.
 *
 * @param mayHaveDates - whether the format of the store allows dates
 */
export async function readRecordLines<R>(
  pieces: AsyncIterable<Buffer>,
  table: Table<R>,
  { rows, path, mayHaveDates }: { rows: number; path: string; mayHaveDates: boolean },
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
      const line = parseLine<R>([...unfinished, last], path, mayHaveDates);
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

function parseLine<R>(pieces: readonly Buffer[], path: string, mayHaveDates: boolean): Line<R> {
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const line = parseJson(pieces, bytes);
  if (line === null) return null;
  const mayBeTooDeep = bytes > 2 * maxRecordDepth;
  const maxLength = mayHaveDates ? 4 : 3;
  if (
    Array.isArray(line) &&
    line.length >= 3 &&
    line.length <= maxLength &&
    !(mayBeTooDeep && isTooDeep(line[2]))
  ) {
    const [sequence, id, record, dates] = line;
    const isOrdered = Number.isSafeInteger(sequence) && sequence >= 0 && sequence <= maxSequence;
    if (isOrdered && typeof id === "string" && id !== "") {
      if (line.length === 3) return line as Line<R>;
      const restored = restoreDates<R>(record, dates);
      if (restored) return [sequence, id, restored.record];
    }
  }
  throw damaged(path, "one of its lines is not a record");
}

/** @param bytes - how many the pieces have together */
function parseJson(pieces: readonly Buffer[], bytes: number): unknown {
  try {
    return JSON.parse(bytes <= maxDecodedBytes ? decode(pieces) : decodeInPieces(pieces));
  } catch {
    return undefined;
  }
}

function decode(pieces: readonly Buffer[]): string {
  return (pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)).toString("utf8");
}

function decodeInPieces(pieces: readonly Buffer[]): string {
  const decoder = new StringDecoder("utf8");
  return pieces.map((piece) => decoder.write(piece)).join("") + decoder.end();
}
