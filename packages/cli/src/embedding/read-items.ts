import { open } from "node:fs/promises";
import { extname } from "node:path";
import type { Readable } from "node:stream";
import { CommandError } from "../failures/command-error.ts";
import { fileFailure } from "../failures/file-failure.ts";
import { readInput, refuseTwice, standardInput } from "../terminal/read-input.ts";
import { note, type Terminal } from "../terminal/terminal.ts";
import { readLines } from "./read-lines.ts";

/** How texts are written in the input: one a line, or as JSON. */
export type InputFormat = "lines" | "jsonl";

/** A text to embed. */
export interface Item {
  /** Where it stands, for messages: `line 3`. */
  readonly place: string;
  readonly text: string;
  readonly title?: string | undefined;
  /** The JSON that it comes from, which the output repeats beside the vector. */
  readonly json?: string;
}

/** Where texts are, if they are no arguments. */
interface Source {
  readonly input?: readonly string[] | undefined;
  /** The name of a file says its format by default. */
  readonly inputFormat?: InputFormat | undefined;
  /** Number of the first argument, for messages. @default 1 */
  readonly firstNumber?: number | undefined;
}

/**
 * The texts of the arguments, else of files, else of standard input. `-` stands for the lines of
 * standard input among either.
 *
 * @throws CommandError for a file that cannot be read, and for a line that is not as described;
 * UsageError for a second `-`
 */
export async function* readItems(
  texts: readonly string[],
  { input = [standardInput], inputFormat, firstNumber = 1 }: Source,
  terminal: Terminal,
): AsyncGenerator<Item> {
  refuseTwice(texts.length > 0 ? texts : input);
  const isOneFile = Math.max(texts.length, input.length) === 1;
  const linesOf = (file: string) => lineItems(file, { inputFormat, isOneFile }, terminal);
  for (const [index, text] of texts.entries()) {
    if (text === standardInput) yield* linesOf(text);
    else yield textItem(text, `text ${firstNumber + index}`);
  }
  if (texts.length > 0) return;
  for (const file of input) yield* linesOf(file);
}

interface LineOptions {
  readonly inputFormat: InputFormat | undefined;
  /** Whether the numbers of lines tell them apart. */
  readonly isOneFile: boolean;
}

async function* lineItems(
  file: string,
  { inputFormat, isOneFile }: LineOptions,
  terminal: Terminal,
): AsyncGenerator<Item> {
  const isInput = file === standardInput;
  const stream = isInput
    ? readInput("texts, one a line", terminal)
    : await openFile(file, terminal.signal);
  const name = isInput ? "standard input" : file;
  const format = inputFormat ?? formatOf(file);
  let number = 0;
  for await (const line of readLines(stream, name)) {
    number += 1;
    const place = `line ${number}${isOneFile ? "" : ` of ${name}`}`;
    if (number === 1 && !inputFormat && format === "lines" && isJsonItem(line))
      note(terminal, embeddedAsJson(name));
    if (format === "lines") yield textItem(line, place);
    else if (line.trim() !== "") yield { ...jsonItem(line, `Line ${number} of ${name}`), place };
  }
}

/** The format that the name of a file says. */
function formatOf(file: string): InputFormat {
  return [".jsonl", ".ndjson"].includes(extname(file).toLowerCase()) ? "jsonl" : "lines";
}

async function openFile(file: string, signal: AbortSignal): Promise<Readable> {
  try {
    const handle = await open(file);
    if (!(await handle.stat()).isDirectory()) return handle.createReadStream({ signal });
    await handle.close();
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${fileFailure(error)}.`);
  }
  throw new CommandError(`${file} is a folder. --input takes files, and \`index\` takes folders.`);
}

function textItem(text: string, place: string): Item {
  return { text, place };
}

function embeddedAsJson(name: string): string {
  return (
    `The first line of ${name} is JSON, and is embedded as it is. ` +
    'To embed its "text": --input-format jsonl'
  );
}

/** Whether a line is JSON as `--input-format jsonl` reads it. */
function isJsonItem(line: string): boolean {
  if (!line.startsWith("{")) return false;
  try {
    return typeof (JSON.parse(line) as { text?: unknown }).text === "string";
  } catch {
    return false;
  }
}

const expected =
  'In JSON lines, each line is a whole object, like {"id": 1, "text": "Mars is red."}: ' +
  "`jq -c` writes such lines. For lines of plain text: --input-format lines";

function jsonItem(line: string, name: string): Omit<Item, "place"> {
  const { text, title } = parseLine(line, name);
  if (text === undefined) throw new CommandError(`${name} has no "text". ${expected}`);
  if (typeof text !== "string") throw notAString(name, "text");
  if (typeof (title ?? "") !== "string") throw notAString(name, "title");
  return { text, title: (title as string | null) ?? undefined, json: line };
}

function parseLine(line: string, name: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line));
  } catch (error) {
    throw new CommandError(`${name} is not JSON: ${(error as Error).message}. ${expected}`);
  }
}

function notAString(name: string, key: string): CommandError {
  return new CommandError(`${name} has a "${key}" that is not a string. ${expected}`);
}
