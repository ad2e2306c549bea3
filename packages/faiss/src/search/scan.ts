import type { Pacer } from "@embeddinggemma/internal";
import { TopRows } from "./top-rows.ts";

/** How many scores are computed between two looks at the clock. */
const rowsPerLook = 64;

export interface ScanOptions {
  /** The rows to score. */
  rows: Iterable<number>;
  count: number;
  sequence: readonly number[];
  score: (row: number) => number;
  /** Asked only of rows that would get in. */
  accepts: (row: number) => boolean;
  pacer: Pacer;
}

/** The best of some rows by scoring each, in slices that leave the event loop room. */
export async function scan({
  rows,
  count,
  sequence,
  score,
  accepts,
  pacer,
}: ScanOptions): Promise<TopRows> {
  const top = new TopRows(count, sequence);
  let looked = 0;
  for (const row of rows) {
    if (++looked % rowsPerLook === 0 && pacer.due) await pacer.pause();
    const value = score(row);
    if (top.wants(row, value) && accepts(row)) top.offer(row, value);
  }
  return top;
}

export function* rowRange(start: number, end: number): Iterable<number> {
  for (let row = start; row < end; row++) yield row;
}
