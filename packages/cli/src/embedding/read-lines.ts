import { CommandError } from "../command-error.ts";

/**
 * The lines of a stream of UTF-8, also the empty ones. Lines end with `\n` or `\r\n`, and with
 * nothing else: Node's `readline` would cut a text at other marks that Unicode calls line ends.
 *
 * @param name - name of the stream in error messages
 * @throws CommandError if the bytes are not UTF-8
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new CommandError(`The text of ${name} is not UTF-8. Convert it to UTF-8 first.`);
    }
  };
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decode(chunk)).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield withoutReturn(line);
  }
  rest += decode();
  if (rest !== "") yield withoutReturn(rest);
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
