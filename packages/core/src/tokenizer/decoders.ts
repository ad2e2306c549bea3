/** A decoder of Transformers.js, which turns tokens back into text. */
export interface Decoder {
  readonly config: { readonly type: string };
  readonly decoders?: readonly Decoder[];
  decode_chain?: (tokens: string[]) => string[];
}

/**
 * Makes a decoder give the same text as Hugging Face's `tokenizers` does for tokens of single
 * bytes. Transformers.js drops U+FEFF, and gives another number of U+FFFD for bytes that are not
 * UTF-8.
 */
export function makeDecoderExact(decoder: Decoder): void {
  for (const part of decoder.decoders ?? []) makeDecoderExact(part);
  if (decoder.config.type === "ByteFallback") decoder.decode_chain = joinBytes;
}

const byteToken = /^<0x([0-9A-Fa-f]{2})>$/;

function joinBytes(tokens: string[]): string[] {
  const joined: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) joined.push(textOf(Uint8Array.from(bytes)));
    bytes = [];
  };
  for (const token of tokens) {
    const byte = byteToken.exec(token)?.[1];
    if (byte !== undefined) {
      bytes.push(Number.parseInt(byte, 16));
      continue;
    }
    flush();
    joined.push(token);
  }
  flush();
  return joined;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One U+FFFD for each byte, if they are not UTF-8. */
function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return "\ufffd".repeat(bytes.length);
  }
}
