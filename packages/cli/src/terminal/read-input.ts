import { addAbortSignal, type Readable } from "node:stream";
import { text as readAll } from "node:stream/consumers";
import { UsageError } from "../failures/command-error.ts";
import { note, type Terminal } from "./terminal.ts";

/** What stands for standard input among texts and files, as in other programs. */
export const standardInput = "-";

/**
 * Standard input, which Ctrl-C ends with an error. A person who is to type it is told what.
 *
 * @param what - such as "the query"
 */
export function readInput(what: string, terminal: Terminal): Readable {
  const { input, signal } = terminal;
  if ("isTTY" in input && input.isTTY) note(terminal, `Type ${what}. Ctrl-D ends the input.`);
  return addAbortSignal(signal, input);
}

/** @throws UsageError if standard input is named more than once, since it is read once */
export function refuseTwice(names: readonly string[]): void {
  if (names.filter((name) => name === standardInput).length > 1)
    throw new UsageError("- stands for standard input, which can be read only once. Name it once.");
}

/** A text of the command line, or all of standard input for `-`. */
export async function textOrInput(text: string, what: string, terminal: Terminal): Promise<string> {
  return text === standardInput ? (await readAll(readInput(what, terminal))).trim() : text;
}
