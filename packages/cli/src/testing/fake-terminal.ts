import { Writable } from "node:stream";
import picocolors from "picocolors";
import { clearLine } from "../terminal/progress.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** A terminal for messages, and what was written to it. */
export function fakeTerminal(interactive: boolean) {
  let written = "";
  const errors = new Writable({
    write(chunk, _encoding, done) {
      written += chunk;
      done();
    },
  });
  const errorColors = picocolors.createColors(false);
  const terminal = { errors, errorColors, interactive } as Partial<Terminal> as Terminal;
  return {
    terminal,
    written: () => written,
    /** What is left on the screen after lines were cleared. */
    screen() {
      const lines = written.split("\n").map((line) => line.split(clearLine).at(-1));
      return lines.join("\n");
    },
  };
}
