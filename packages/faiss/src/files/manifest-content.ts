import { isDataFile } from "@embeddinggemma/internal";
import { reasonOf } from "../errors.ts";
import { checkStoreOptions } from "../options.ts";
import type { TableShape } from "../rows/table.ts";
import { settingsFor } from "../store-settings.ts";
import type { Identity } from "../types.ts";
import { vectorFileLayout } from "./vector-file.ts";

/** A file of a store, in the same folder as the manifest. */
export interface StoredFile {
  file: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

/**
 * The version of the format for a store that has a `Date` in a record. Other stores have version 1,
 * so that releases that know no dates can open them.
 */
export const versionWithDates = 2;

/** Rows that were saved together. Their files never change. */
export interface Segment {
  rows: number;
  vectors: StoredFile;
  records: StoredFile;
}

/** The content of the file that describes a saved store. Replacing that file commits a save. */
export interface Manifest {
  /** Of the format: 1, or {@link versionWithDates}. */
  version: number;
  /** Identifies the store, wherever it is saved. */
  id: string;
  /** Counts the saves to the folder. */
  generation: number;
  /** Which changes the content includes; see {@link ContentVersion}. Release 0.1 has none. */
  versions?: ContentVersion;
  /** Number of items. */
  size: number;
  dimension: number;
  searchDimension: number;
  /** The factory string. */
  index: string;
  oversample: number;
  /** The option `precision`. */
  rescore: "float32" | "int8";
  nprobe: number | null;
  efSearch: number | null;
  identity: Identity | null;
  segments: Segment[];
  /** Rows that were deleted or replaced after their segment was saved: uint32, little-endian. */
  deleted: StoredFile | null;
  /** The FAISS index over the first `rows` rows; null for a flat index. */
  index_file: (StoredFile & { rows: number }) | null;
}

/**
 * A version vector: for each opened store that has saved changes, how many times it has. A content
 * includes all changes of another one if none of its counts is smaller.
 *
 * @see https://en.wikipedia.org/wiki/Version_vector
 */
export type ContentVersion = Readonly<Record<string, number>>;

/** A save merges segments until each is at least twice as large as the next. */
const maxSegments = 64;

/** FAISS labels are sent as int32. */
const maxRows = 2 ** 31 - 1;

/** Leaves room for more saves. */
const maxGeneration = 2 ** 52;

/** `null` and a line feed, for a row that was dead when it was saved. */
const minLineBytes = 5;

/** A deleted row is a uint32. */
const deletedRowBytes = 4;

/**
 * What is wrong with a manifest in itself. A checksum protects only against accidents: whoever
 * forges a manifest can compute it. The sizes in a manifest that passes are then compared with the
 * files.
 *
 * @returns undefined if a save could have written the manifest
 */
export function manifestFault(value: unknown): string | undefined {
  if (!hasManifestShape(value)) return "a field is missing or has an impossible value";
  const { size, segments, deleted, index_file } = value;
  const files = filesOf(value);
  if (segments.length > maxSegments) return `it has ${segments.length} segments`;
  if (new Set(files.map(({ file }) => file)).size < files.length) return "it names a file twice";
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  if (rows > maxRows || size > rows) return `it counts ${size} items in ${rows} rows`;
  const settingsFault = faultOfSettings(value);
  if (settingsFault) return settingsFault;
  const { header, rowBytes } = vectorFileLayout(shapeOf(value));
  const fits = ({ rows, vectors, records }: Segment) =>
    vectors.bytes === header + rows * rowBytes && records.bytes >= rows * minLineBytes;
  if (!segments.every(fits)) return "the sizes of its segments do not match their rows";
  if (deleted && !isCount(deleted.bytes / deletedRowBytes, 1, rows - size))
    return "the size of the file of deleted rows does not match the number of rows";
  if (index_file && index_file.rows > rows) return "its index has more rows than the store";
  return undefined;
}

/** All files that a manifest names. */
export function filesOf({ segments, deleted, index_file }: Manifest): StoredFile[] {
  const files = segments.flatMap(({ vectors, records }) => [vectors, records]);
  return [...files, deleted, index_file].filter((file) => file !== null);
}

function hasManifestShape(value: unknown): value is Manifest {
  const { id, generation, size, segments, identity, ...rest } = (value ?? {}) as Partial<Manifest>;
  return (
    typeof id === "string" &&
    isCount(generation, 0, maxGeneration) &&
    isContentVersion(rest.versions ?? {}) &&
    isCount(size, 0, maxRows) &&
    Array.isArray(segments) &&
    segments.every(isSegment) &&
    identity !== undefined &&
    [rest.dimension, rest.searchDimension, rest.oversample].every(Number.isFinite) &&
    [rest.nprobe, rest.efSearch].every((number) => number === null || Number.isFinite(number)) &&
    typeof rest.index === "string" &&
    typeof rest.rescore === "string" &&
    (rest.deleted === null || isFile(rest.deleted)) &&
    (rest.index_file === null ||
      (isFile(rest.index_file) && isCount(rest.index_file?.rows, 1, maxRows)))
  );
}

/** The shape of the table that a manifest describes. */
export function shapeOf({ dimension, searchDimension, rescore }: Manifest): TableShape {
  return { dimension, searchDimension, precision: rescore };
}

/** The settings of a saved store were options once, so they must pass the same checks. */
function faultOfSettings(manifest: Manifest): string | undefined {
  const { dimension, index, oversample, index_file } = manifest;
  const options = {
    ...shapeOf(manifest),
    ...{ index, oversample },
    nprobe: manifest.nprobe ?? undefined,
    efSearch: manifest.efSearch ?? undefined,
    identity: manifest.identity ?? undefined,
  };
  try {
    checkStoreOptions(options);
    if (!index_file || !settingsFor(options, dimension).kind.isFlat) return undefined;
  } catch (error) {
    return reasonOf(error);
  }
  return "it names an index file, but a flat index has none";
}

function isContentVersion(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((count) => isCount(count, 1, maxGeneration))
  );
}

function isSegment(value: unknown): boolean {
  const { rows, vectors, records } = (value ?? {}) as Partial<Segment>;
  return isCount(rows, 1, maxRows) && isFile(vectors) && isFile(records);
}

function isFile(value: unknown): boolean {
  const { file, bytes, sha256 } = (value ?? {}) as Partial<StoredFile>;
  return (
    typeof file === "string" &&
    isDataFile(file) &&
    isCount(bytes, 0, Number.MAX_SAFE_INTEGER) &&
    typeof sha256 === "string" &&
    /^[0-9a-f]{64}$/.test(sha256)
  );
}

function isCount(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}
