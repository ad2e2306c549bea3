import type { Token } from "@embeddinggemma/core";

/** A token in the answer of `/tokenize`. */
export interface TeiToken {
  readonly id: number;
  readonly text: string;
  readonly special: boolean;
  /** Offset in bytes of UTF-8. */
  readonly start: number | null;
  readonly stop: number | null;
}

/** Tokens as TEI answers them, with offsets in bytes of UTF-8 instead of UTF-16 units. */
export function teiTokens(tokens: readonly Token[], text: string): TeiToken[] {
  const byteAt = byteOffsets(text);
  return tokens.map(({ id, text: ofToken, isSpecial, start, end }) => ({
    id,
    text: ofToken,
    special: isSpecial,
    start: start === null ? null : byteAt[start]!,
    stop: end === null ? null : byteAt[end]!,
  }));
}

/** For each UTF-16 unit, and the end, how many bytes come before it. */
function byteOffsets(text: string): Uint32Array {
  const offsets = new Uint32Array(text.length + 1);
  for (let index = 0, bytes = 0; index < text.length; index++) {
    offsets[index] = bytes;
    const unit = text.charCodeAt(index);
    // A surrogate pair has four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
    offsets[index + 1] = bytes;
  }
  return offsets;
}
