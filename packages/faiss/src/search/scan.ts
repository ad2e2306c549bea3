import type { Pacer } from "@embeddinggemma/internal";
import { TopRows } from "./top-rows.ts";

/** How many rows are scored between checks of the clock. */
const rowsPerCheck = 64;

export interface ScanOptions {
  rows: Iterable<number>;
  count: number;
  sequence: readonly number[];
  score: (row: number) => number;
  /** Called only for rows with a score that is high enough. */
  accepts: (row: number) => boolean;
  pacer: Pacer;
}

/** Scores all rows and returns the best ones. Yields to the event loop from time to time. */
export async function scan({
  rows,
  count,
  sequence,
  score,
  accepts,
  pacer,
}: ScanOptions): Promise<TopRows> {
  const top = new TopRows(count, sequence);
  let scored = 0;
  for (const row of rows) {
    if (++scored % rowsPerCheck === 0 && pacer.due) await pacer.pause();
    const value = score(row);
    if (top.wants(row, value) && accepts(row)) top.offer(row, value);
  }
  return top;
}

export function* rowRange(start: number, end: number): Iterable<number> {
  for (let row = start; row < end; row++) yield row;
}
