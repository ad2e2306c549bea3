import { reasonOf } from "../errors.ts";
import { damagedFile, readBytes } from "./flat-file.ts";

/** @throws FaissStoreError `FILE_MISSING`, `FILE_DAMAGED`, `READ_FAILED` */
export async function readPythonJson(path: string): Promise<unknown> {
  const bytes = await readBytes(path);
  try {
    return parsePythonJson(bytes.toString("utf8"));
  } catch (error) {
    throw damagedFile(path, `it is not JSON: ${reasonOf(error)}`);
  }
}

/** Parses JSON of Python's `json`, which writes NaN and Infinity as such. They become null. */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const changed = withoutNaN(text);
    if (changed === text) throw error;
    return JSON.parse(changed);
  }
}

const numbers = ["NaN", "-Infinity", "Infinity"];

/** Replaces the names of numbers outside of strings. */
function withoutNaN(text: string): string {
  const parts: string[] = [];
  let kept = 0;
  for (let position = 0; position < text.length; position++) {
    const character = text[position]!;
    if (character === '"') {
      position = endOfString(text, position);
      continue;
    }
    const name = "NI-".includes(character)
      ? numbers.find((number) => text.startsWith(number, position))
      : undefined;
    if (name === undefined) continue;
    parts.push(text.slice(kept, position), "null");
    position += name.length - 1;
    kept = position + 1;
  }
  parts.push(text.slice(kept));
  return parts.join("");
}

function endOfString(text: string, start: number): number {
  let position = start + 1;
  while (position < text.length && text[position] !== '"')
    position += text[position] === "\\" ? 2 : 1;
  return position;
}
