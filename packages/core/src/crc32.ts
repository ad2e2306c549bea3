/** Remainders of all bytes for CRC-32's polynomial, bits reversed: 0xEDB88320. */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  }
  return remainder;
});

/** Node's own is many times faster. Browsers, and some runtimes, do not have it. */
const nativeCrc32 = globalThis.process?.getBuiltinModule?.("node:zlib")?.crc32;

/**
 * CRC-32 as in zlib, gzip and PNG.
 *
 * @param previous - checksum of the bytes before these
 */
export function crc32(bytes: Uint8Array, previous = 0): number {
  return nativeCrc32 ? nativeCrc32(bytes, previous) : portableCrc32(bytes, previous);
}

/** {@link crc32} for every runtime. */
export function portableCrc32(bytes: Uint8Array, previous = 0): number {
  let remainder = ~previous;
  for (const byte of bytes) {
    remainder = remainders[(remainder ^ byte) & 0xff]! ^ (remainder >>> 8);
  }
  return ~remainder >>> 0;
}
