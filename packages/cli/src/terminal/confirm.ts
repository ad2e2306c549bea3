import { createInterface } from "node:readline/promises";
import type { Terminal } from "./terminal.ts";

/** Asks a question on the terminal. Anything but a yes is a no, as is the end of the input. */
export async function confirm(question: string, terminal: Terminal): Promise<boolean> {
  const { input, errors, signal } = terminal;
  // The terminal edits the line, so that Ctrl-C interrupts the program as usual.
  const lines = createInterface({ input, output: errors, terminal: false });
  const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([lines.question(`${question} [y/N] `, { signal }), ended]);
    return /^\s*y(es)?\s*$/i.test(answer);
  } finally {
    lines.close();
  }
}
