import { join } from "node:path";
import type { RowIndex } from "../index/row-index.ts";
import type { SavableTable } from "../rows/table.ts";
import type { StoreSettings } from "../store-settings.ts";
import type { Identity } from "../types.ts";
import { syncFile, writeDurably } from "./durable-file.ts";
import {
  type ContentVersion,
  type Manifest,
  type Segment,
  versionWithDates,
} from "./manifest-content.ts";
import { haveDates, recordLines } from "./record-file.ts";
import { vectorFileHeader } from "./vector-file.ts";

/** What a save writes. */
export interface SavedContent<R> {
  id: string;
  versions: ContentVersion;
  table: SavableTable<R>;
  index: Pick<RowIndex<R>, "covered" | "write"> | undefined;
  settings: StoreSettings;
  identity: Identity | undefined;
}

/** Where a save writes new files, and which existing files it can keep. */
export interface Target {
  directory: string;
  /** Counts the saves into the folder. */
  generation: number;
  /** Part of the name of every new file. */
  suffix: string;
  /** The manifest of the same table's last save to the folder. Its files never change. */
  old: Manifest | undefined;
}

/**
 * Writes the rows and the index that are not in the folder yet, as new files.
 *
 * @returns a manifest of the new files and those that are kept; it is not written yet
 */
export async function writeContent<R>(content: SavedContent<R>, target: Target): Promise<Manifest> {
  const { id, versions, table, settings, identity } = content;
  const kept = target.old ? keptSegments(target.old, table.rows) : [];
  const keptRows = rowsOf(kept);
  const added = keptRows < table.rows ? [await writeSegment(content, keptRows, target)] : [];
  const version = haveDates(table, keptRows) ? versionWithDates : 1;
  return {
    version: Math.max(version, kept.length > 0 ? target.old!.version : 1),
    id,
    generation: target.generation,
    versions,
    size: table.size,
    dimension: settings.dimension,
    searchDimension: settings.searchDimension,
    index: settings.kind.factory,
    oversample: settings.oversample,
    rescore: settings.precision,
    nprobe: settings.nprobe ?? null,
    efSearch: settings.efSearch ?? null,
    identity: identity ?? null,
    segments: [...kept, ...added],
    deleted: await writeDeletedRows(table, keptRows, target),
    index_file: await writeIndex(content, target),
  };
}

/**
 * The segments that are not written again. The last ones are merged with the new rows, so that each
 * segment has at least twice as many rows as the next.
 */
function keptSegments(old: Manifest, rows: number): Segment[] {
  const segments = [...old.segments];
  let added = rows - rowsOf(segments);
  while (added > 0 && segments.length > 0 && segments.at(-1)!.rows < 2 * added)
    added += segments.pop()!.rows;
  return segments;
}

function rowsOf(segments: readonly Segment[]): number {
  return segments.reduce((rows, segment) => rows + segment.rows, 0);
}

/** Writes the rows of a table from `start` on. */
async function writeSegment<R>(
  { table, settings }: SavedContent<R>,
  start: number,
  { directory, suffix }: Target,
): Promise<Segment> {
  const extension = settings.precision === "int8" ? "int8" : "faiss";
  const vectors = vectorPieces(table, start);
  const records = recordLines(table, start, table.rows);
  return {
    rows: table.rows - start,
    vectors: await writeDurably(directory, `vectors-${suffix}.${extension}`, vectors),
    records: await writeDurably(directory, `records-${suffix}.jsonl`, records),
  };
}

function* vectorPieces<R>(table: SavableTable<R>, start: number): Iterable<Uint8Array> {
  yield vectorFileHeader(table.shape, table.rows - start);
  yield* table.vectors.bytes(start, table.rows);
}

/** Writes which rows of the kept segments are dead. In a new segment, a dead row has no record. */
async function writeDeletedRows<R>(
  table: SavableTable<R>,
  keptRows: number,
  { directory, suffix }: Target,
): Promise<Manifest["deleted"]> {
  const dead: number[] = [];
  for (let row = 0; row < keptRows; row++) if (!table.isLive(row)) dead.push(row);
  if (dead.length === 0) return null;
  const bytes = new Uint8Array(Uint32Array.from(dead).buffer);
  return writeDurably(directory, `deleted-${suffix}.bin`, [bytes]);
}

/** Saves an index that takes long to build. A flat index is only the vectors. */
async function writeIndex<R>(
  { index, settings }: SavedContent<R>,
  { directory, suffix, old }: Target,
): Promise<Manifest["index_file"]> {
  if (settings.kind.isFlat) return null;
  const previous = old?.index_file ?? null;
  const rows = index?.covered ?? 0;
  if (!index || rows === 0 || rows === previous?.rows) return previous;
  const file = `index-${suffix}.faiss`;
  await index.write(join(directory, file));
  return { ...(await syncFile(directory, file)), rows };
}
