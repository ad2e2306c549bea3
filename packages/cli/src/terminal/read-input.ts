import { addAbortSignal, type Readable } from "node:stream";
import { note, type Terminal } from "./terminal.ts";

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
