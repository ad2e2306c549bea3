import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { reasonOf } from "@embeddinggemma/internal";
import { dataInvalid } from "./data-error.ts";

/** A line of a file, without its line break. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

const lineFeed = 0x0a;
const byteOrderMark = "\ufeff";

/**
 * Reads the lines of a text file one by one, so that a file may be larger than the longest string.
 * Lines end with `\n` or `\r\n`. Empty lines are left out, and so is a byte order mark. A file
 * whose name ends with `.gz` is decompressed.
 *
 * @throws EmbeddingGemmaError `DATA_INVALID` if there is no such file, or it cannot be read, or a
 * line is not UTF-8
 */
export async function* readLines(file: string): AsyncGenerator<Line> {
  let number = 0;
  let rest: Buffer[] = [];
  for await (const chunk of readBytes(file)) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      const line = lineOf(file, ++number, [...rest, chunk.subarray(start, end)]);
      rest = [];
      start = end + 1;
      if (line.text.trim() !== "") yield line;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  if (rest.length === 0) return;
  const line = lineOf(file, number + 1, rest);
  if (line.text.trim() !== "") yield line;
}

function lineOf(file: string, number: number, parts: readonly Buffer[]): Line {
  const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  if (!isUtf8(bytes))
    throw dataInvalid({ file, line: number }, "this is not UTF-8. Save the file as UTF-8.");
  const text = bytes.toString().replace(/\r$/, "");
  return { number, text: number === 1 ? text.replace(byteOrderMark, "") : text };
}

/** The bytes of a file, decompressed. */
export async function* readBytes(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of open(file)) yield chunk as Buffer;
  } catch (error) {
    throw dataInvalid({ file }, adviceOn(error), {}, error);
  }
}

function open(file: string): Readable {
  const stream = createReadStream(file, { highWaterMark: 1 << 18 });
  return file.endsWith(".gz") ? pipeline(stream, createGunzip(), () => {}) : stream;
}

function adviceOn(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file. Check the path.";
  if (code === "EISDIR") return "this is a folder. Pass a file; for a BEIR folder, use readBeir.";
  if (code?.startsWith("Z_"))
    return `this is not a complete gzip file (${reasonOf(error)}). Get the file again.`;
  return `the file cannot be read: ${reasonOf(error)}`;
}
