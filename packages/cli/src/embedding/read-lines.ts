import { CommandError } from "../failures/command-error.ts";
import { howToConvert } from "../failures/file-failure.ts";

/**
 * The lines of a stream of UTF-8, also the empty ones. Lines end with `\n` or `\r\n`, and with
 * nothing else: Node's `readline` would cut a text at other marks that Unicode calls line ends.
 *
 * @param name - name of the stream in error messages
 * @throws CommandError if the bytes of a line are not UTF-8
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<string> {
  let number = 0;
  for await (const bytes of lines(stream)) {
    number += 1;
    // Only a file begins with a byte order mark.
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: number > 1 });
    let line: string;
    try {
      line = decoder.decode(bytes);
    } catch {
      throw new CommandError(`Line ${number} of ${name} is not UTF-8. ${howToConvert}`);
    }
    yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }
}

const lineFeed = 10;

/** The bytes of each line, without the line feed. */
async function* lines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]);
      parts = [];
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}
