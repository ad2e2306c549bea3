import picocolors from "picocolors";
import { exitCodes } from "../failures/exit-codes.ts";
import { fileFailure } from "../failures/file-failure.ts";
import type { Terminal } from "./terminal.ts";

const { createColors, isColorSupported } = picocolors;

/** The terminal of this process. The first Ctrl-C aborts its signal, the second ends it. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  const ignoreClosedOutput = endWithoutOutput(stdout, stderr);
  return {
    input: stdin,
    output: stdout,
    errors: stderr,
    interactive: stderr.isTTY === true,
    colors: colorsOf(stdout),
    errorColors: colorsOf(stderr),
    signal: stopSignal(),
    ignoreClosedOutput,
  };
}

/** `FORCE_COLOR` and `NO_COLOR` win; else there are colors on a terminal. */
function colorsOf(stream: NodeJS.WriteStream) {
  const forced = process.env.FORCE_COLOR !== undefined && isColorSupported;
  return createColors(isColorSupported && (stream.isTTY === true || forced));
}

/**
 * Ends the program where its results cannot be written. In `embeddinggemma … | head`, nobody reads
 * what comes after the first lines.
 *
 * @returns a function after which it goes on if nobody reads
 */
function endWithoutOutput(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): () => void {
  let endsWithReader = true;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" && !endsWithReader) return;
    if (error.code === "EPIPE") process.exit(exitCodes.done);
    stderr.write(`error: The results cannot be written: ${fileFailure(error)}.\n`);
    process.exit(exitCodes.failed);
  });
  return () => {
    endsWithReader = false;
  };
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCodes.interrupted);
      controller.abort();
    });
  }
  return controller.signal;
}
