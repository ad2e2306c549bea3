import type { Readable, Writable } from "node:stream";
import type picocolors from "picocolors";

/** What a command reads from and writes to. Tests pass streams of their own. */
export interface Terminal {
  readonly input: Readable;
  /** Results, and nothing else, so that other programs can read them. */
  readonly output: Writable;
  /** Progress, warnings and errors. */
  readonly errors: Writable;
  /** Whether a person reads {@link Terminal.errors}, so that a progress bar makes sense. */
  readonly interactive: boolean;
  /** Colors for {@link Terminal.output}; they do nothing if no person reads it. */
  readonly colors: Colors;
  /** Colors for {@link Terminal.errors}. */
  readonly errorColors: Colors;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Goes on if nobody reads {@link Terminal.output} any more, as a server does without a log. */
  ignoreClosedOutput(): void;
}

export type Colors = ReturnType<typeof picocolors.createColors>;

/** Writes a line to the results. */
export function print(terminal: Terminal, line = ""): void {
  terminal.output.write(`${line}\n`);
}

/** Writes a line beside the results. */
export function note(terminal: Terminal, line: string): void {
  terminal.errors.write(`${line}\n`);
}
