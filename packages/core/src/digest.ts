import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/**
 * SHA-256 of a text's UTF-8 bytes, in hex; the same in Node and in every browser, secure context or
 * not.
 */
export function digestText(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** Bytes of a stretch of {@link samplePositions}. */
export const sampleBytes = 4096;
const samples = 1024;

/**
 * Where to sample a file that is too large to digest at every start: 1,024 stretches of 4 KiB,
 * evenly spread from its first byte to its last, tell any two sets of weights apart that training
 * has told apart.
 *
 * @returns null for a file of up to 4 MiB, which is to be digested whole
 */
export function samplePositions(size: number): number[] | null {
  if (size <= samples * sampleBytes) return null;
  return Array.from({ length: samples }, (_, sample) =>
    Math.floor(((size - sampleBytes) * sample) / (samples - 1)),
  );
}

/** As `digestFile` of `file-digest.ts`, for a file of a browser. */
export async function digestBlob(blob: Blob): Promise<string> {
  const hash = sha256.create().update(utf8ToBytes(`${blob.size}:`));
  const bytes = async (part: Blob) => new Uint8Array(await part.arrayBuffer());
  const positions = samplePositions(blob.size);
  if (positions === null) return bytesToHex(hash.update(await bytes(blob)).digest());
  for (const position of positions)
    hash.update(await bytes(blob.slice(position, position + sampleBytes)));
  return bytesToHex(hash.digest());
}
