/**
 * Writes protobuf's wire format.
 *
 * @see https://protobuf.dev/programming-guides/encoding
 */

type Bytes = Uint8Array | readonly number[];

export function bytes(...parts: readonly Bytes[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}

export function varint(value: number): Uint8Array {
  const result: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...result, rest]);
    result.push((rest & 0x7f) | 0x80);
  }
}

/** A field with a length: a message or bytes. */
export function field(number: number, ...content: readonly Bytes[]): Uint8Array {
  const all = bytes(...content);
  return bytes(varint(number * 8 + 2), varint(all.length), all);
}

export function text(number: number, content: string): Uint8Array {
  return field(number, new TextEncoder().encode(content));
}

/** A field with a number. */
export function number(field: number, value: number): Uint8Array {
  return bytes(varint(field * 8), varint(value));
}
