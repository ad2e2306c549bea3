import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** SHA-256 of a text's UTF-8 bytes, in hex; the same in Node and in every browser, secure context or not. */
export function digestText(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}
