import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { FaissStoreError, readFailed, reasonOf } from "../errors.ts";
import type { Identity } from "../types.ts";

export const manifestName = "faiss-store.json";
const format = "embeddinggemma-faiss-store";
const version = 1;

/** A file of a store, beside the manifest. */
export interface StoredFile {
  file: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

/** Rows that were saved together, and never change. */
interface Segment {
  rows: number;
  vectors: StoredFile;
  records: StoredFile;
}

/** The one file that says what a store's folder holds; replacing it is what makes a save happen. */
export interface Manifest {
  /** Of the store, wherever it is saved. */
  id: string;
  /** Counts the saves into the folder. */
  generation: number;
  /** Items. */
  size: number;
  dimension: number;
  searchDimension: number;
  /** The factory string. */
  index: string;
  oversample: number;
  rescore: "float32" | "int8";
  nprobe: number | null;
  efSearch: number | null;
  identity: Identity | null;
  segments: Segment[];
  /** Rows that died after their segment was saved: uint32, little-endian. */
  deleted: StoredFile | null;
  /** The FAISS index over the first `rows`, where it is more than the vectors. */
  index_file: (StoredFile & { rows: number }) | null;
}

/**
 * Whether a manifest lies in a folder, which may itself be missing.
 *
 * @throws FaissStoreError `READ_FAILED`
 */
export async function hasManifest(directory: string): Promise<boolean> {
  const path = join(directory, manifestName);
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw readFailed(path, error);
  }
}

/**
 * @returns nothing if there is none
 * @throws FaissStoreError `NOT_A_STORE`, `NEWER_FORMAT`, `FILE_DAMAGED`, `READ_FAILED`
 */
export async function readManifest(directory: string): Promise<Manifest | undefined> {
  const path = join(directory, manifestName);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw readFailed(path, error);
  }
  const { checksum, ...envelope } = parse(text, path);
  if (envelope.format !== format) {
    throw new FaissStoreError("NOT_A_STORE", `${path} is not the manifest of a store.`, { path });
  }
  if (checksum !== checksumOf(envelope)) throw damaged(path, "its checksum is wrong");
  if (envelope.version !== version) {
    throw new FaissStoreError(
      "NEWER_FORMAT",
      `${path} has format version ${envelope.version}, but this release reads ${version}. Update @embeddinggemma/faiss.`,
      { path, version: envelope.version, supported: version },
    );
  }
  const { format: _format, version: _version, ...manifest } = envelope;
  if (!isManifest(manifest))
    throw damaged(path, "a field of it is missing or is not what it should be");
  return manifest;
}

export function manifestText(manifest: Manifest): string {
  const envelope = { format, version, ...manifest };
  return JSON.stringify({ ...envelope, checksum: checksumOf(envelope) }, null, 2);
}

/** Every file that a manifest names. */
export function filesOf(manifest: Manifest): StoredFile[] {
  const { segments, deleted, index_file } = manifest;
  const files = segments.flatMap(({ vectors, records }) => [vectors, records]);
  return [...files, deleted, index_file].filter((file) => file !== null);
}

export function damaged(path: string, how: string): FaissStoreError {
  return new FaissStoreError(
    "FILE_DAMAGED",
    `${path} is not the file that was saved: ${how}. Restore the folder from a copy, or build the store again.`,
    { path },
  );
}

/** A checksum is no proof that whoever wrote it meant well. */
function isManifest(value: { [field in keyof Manifest]?: unknown }): value is Manifest {
  const { id, generation, size, dimension, searchDimension, index, oversample, rescore } = value;
  const { nprobe, efSearch, segments, deleted, index_file } = value;
  return (
    [id, index].every((text) => typeof text === "string") &&
    [generation, size].every((count) => isCount(count, 0)) &&
    [dimension, searchDimension, oversample].every(
      (number) => typeof number === "number" && number >= 1,
    ) &&
    [nprobe, efSearch].every((number) => number === null || isCount(number, 1)) &&
    (rescore === "float32" || rescore === "int8") &&
    Array.isArray(segments) &&
    segments.every(isSegment) &&
    (deleted === null || isFile(deleted)) &&
    (index_file === null ||
      (isFile(index_file) && isCount((index_file as { rows?: unknown }).rows, 1)))
  );
}

function isSegment(value: unknown): boolean {
  const { rows, vectors, records } = (value ?? {}) as Partial<Segment>;
  return isCount(rows, 1) && isFile(vectors) && isFile(records);
}

function isFile(value: unknown): boolean {
  const { file, bytes, sha256 } = (value ?? {}) as Partial<StoredFile>;
  return (
    typeof file === "string" &&
    /^[\w-]+\.\w+$/.test(file) &&
    isCount(bytes, 0) &&
    /^[0-9a-f]{64}$/.test(String(sha256))
  );
}

function isCount(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function parse(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    throw new FaissStoreError(
      "FILE_DAMAGED",
      `${path} is not JSON: ${reasonOf(error)}. Restore the folder from a copy, or build the store again.`,
      { path },
      { cause: error },
    );
  }
  throw new FaissStoreError("NOT_A_STORE", `${path} is not the manifest of a store.`, { path });
}

function checksumOf(envelope: Record<string, unknown>): string {
  return createHash("sha256").update(JSON.stringify(envelope)).digest("hex");
}
