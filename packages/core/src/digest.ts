import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/**
 * SHA-256 of a text's UTF-8 bytes, in hex. Gives the same result in Node and in every browser, even
 * without a secure context.
 */
export function digestText(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** SHA-256 of bytes, in hex. */
export function digestBytes(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

/** Length of each sample at {@link samplePositions}. */
export const sampleBytes = 4096;
const sampleCount = 1024;

/**
 * Where to sample a file that is too large to hash at every load: 1,024 samples of 4 KiB, spread
 * evenly from the first byte to the last. Training changes weights throughout the file, so two sets
 * of weights always differ in some of the samples.
 *
 * @returns null for a file of up to 4 MiB, which is hashed as a whole
 */
export function samplePositions(size: number): number[] | null {
  if (size <= sampleCount * sampleBytes) return null;
  return Array.from({ length: sampleCount }, (_, sample) =>
    Math.floor(((size - sampleBytes) * sample) / (sampleCount - 1)),
  );
}

/** The same digest as `digestFile` of `file-digest.ts`, for a browser's `Blob`. */
export async function digestBlob(blob: Blob): Promise<string> {
  const positions = samplePositions(blob.size);
  const parts = positions?.map((start) => blob.slice(start, start + sampleBytes)) ?? [blob];
  const hash = sha256.create().update(utf8ToBytes(`${blob.size}:`));
  for (const part of parts) hash.update(new Uint8Array(await part.arrayBuffer()));
  return bytesToHex(hash.digest());
}
