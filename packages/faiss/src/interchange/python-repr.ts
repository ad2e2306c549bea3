/**
 * Parses what `str()` of Python makes of a dictionary of strings and whole numbers, as old releases
 * of LlamaIndex saved it.
 *
 * @throws SyntaxError
 */
export function parsePythonRepr(text: string): unknown {
  const tokens = /\s*(?:('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(-?\d+)|([{}:,]))/gsy;
  const json: string[] = [];
  while (tokens.lastIndex < text.trimEnd().length) {
    const match = tokens.exec(text);
    if (!match) throw new SyntaxError("it is neither JSON nor a dictionary of Python");
    const [, string, number, mark] = match;
    if (string !== undefined) json.push(JSON.stringify(unquoted(string)));
    else if (number === undefined) json.push(mark!);
    else json.push(text.slice(tokens.lastIndex).trimStart()[0] === ":" ? `"${number}"` : number);
  }
  return JSON.parse(json.join(""));
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unquoted(string: string): string {
  return string
    .slice(1, -1)
    .replace(
      /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|(.))/gs,
      (_, byte, short, long, other) =>
        other === undefined
          ? String.fromCodePoint(Number.parseInt(byte ?? short ?? long, 16))
          : (escapes[other] ?? other),
    );
}
