import { howToConvert } from "../failures/file-failure.ts";

/**
 * The text of a file: UTF-8, UTF-16 with a byte order mark, or a charset that the file names.
 *
 * @throws Error for anything else, such as binary files
 */
export function decodeText(content: Uint8Array, charset = "utf-8"): string {
  const text = decode(content, charsetOfMark(content) ?? charset);
  if (text.includes("\0")) throw new Error("It is a binary file, not text.");
  return text.replaceAll("\r\n", "\n");
}

function decode(content: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(content);
  } catch {
    throw new Error(`It is not ${charset.toUpperCase()} text. ${howToConvert}`);
  }
}

function charsetOfMark([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return undefined;
}
