import { crc32 } from "../crc32.ts";
import type { BpeTables } from "./bpe-tables.ts";
import type { CompactConfig } from "./bpe-tokenizer.ts";

/** What a tokenizer is made from, with its large tables in arrays. */
export interface CompactTokenizer {
  readonly config: CompactConfig;
  readonly tables: BpeTables;
}

/** Version of the format and of the tables. Increase it with every change of either. */
export const tokenizerFileVersion = 1;

const magic = "EGtokens";
const headerLength = 24;
/** Where the bytes start that the checksum is of. */
const checkedFrom = 20;
/** So that arrays of 32-bit integers can be views of the file. */
const alignment = 8;

const tableNames = [
  "tokenBytes",
  "tokenEnds",
  "tokenSlots",
  "merges",
  "mergeSlots",
  "joinedPairs",
] as const satisfies readonly (keyof BpeTables)[];

interface Description {
  readonly config: CompactConfig;
  readonly lengths: readonly number[];
}

/**
 * One file of little-endian integers, as all supported platforms have them: `EGtokens`, the version
 * of the format, the file's length, the CRC-32 of what follows, the length of the JSON, the JSON,
 * and the tables, each at a multiple of 8.
 *
 * @param tokenizer - null for a tokenizer without such tables
 */
export function packTokenizer(tokenizer: CompactTokenizer | null): Uint8Array<ArrayBuffer> {
  const tables = tokenizer ? tableNames.map((name) => tokenizer.tables[name]) : [];
  const description = tokenizer && {
    config: tokenizer.config,
    lengths: tables.map((table) => table.length),
  };
  const json = new TextEncoder().encode(JSON.stringify(description));
  const start = aligned(headerLength + json.length);
  const length = tables.reduce((end, table) => aligned(end + table.byteLength), start);
  const file = new Uint8Array(length);
  file.set(json, headerLength);
  let position = start;
  for (const { buffer, byteOffset, byteLength } of tables) {
    file.set(new Uint8Array(buffer, byteOffset, byteLength), position);
    position = aligned(position + byteLength);
  }
  file.set(new TextEncoder().encode(magic));
  const header = new Uint32Array(file.buffer, 8, 4);
  header.set([tokenizerFileVersion, length, 0, json.length]);
  header[2] = crc32(file.subarray(checkedFrom));
  return file;
}

/** @param file - at the start of its buffer */
export function isIntact(file: Uint8Array<ArrayBuffer>): boolean {
  if (file.length < headerLength) return false;
  const [version, length, checksum] = new Uint32Array(file.buffer, 8, 4);
  return (
    new TextDecoder().decode(file.subarray(0, 8)) === magic &&
    version === tokenizerFileVersion &&
    length === file.length &&
    checksum === crc32(file.subarray(checkedFrom))
  );
}

/**
 * @param file - at the start of its buffer
 * @returns views of the file; null for a tokenizer without such tables
 */
export function unpackTokenizer(file: Uint8Array<ArrayBuffer>): CompactTokenizer | null {
  const jsonLength = new Uint32Array(file.buffer, 8, 4)[3]!;
  const json = new TextDecoder().decode(file.subarray(headerLength, headerLength + jsonLength));
  const description = JSON.parse(json) as Description | null;
  if (description === null) return null;
  let position = aligned(headerLength + jsonLength);
  const tables = tableNames.map((name, index) => {
    const Integers = name === "tokenBytes" || name === "joinedPairs" ? Uint8Array : Uint32Array;
    const table = new Integers(file.buffer, position, description.lengths[index]!);
    position = aligned(position + table.byteLength);
    return [name, table];
  });
  return { config: description.config, tables: Object.fromEntries(tables) as BpeTables };
}

function aligned(position: number): number {
  return Math.ceil(position / alignment) * alignment;
}
