import { once } from "node:events";
import { open } from "node:fs/promises";
import { CommandError } from "../command-error.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Where results go. Writing waits for a slow reader. */
export interface Output {
  write(data: string | Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param file - replaced if it exists; standard output by default
 * @throws CommandError if the file cannot be written
 */
export async function openOutput(file: string | undefined, terminal: Terminal): Promise<Output> {
  if (file === undefined) return terminalOutput(terminal);
  const handle = await open(file, "w").catch((error: unknown) => {
    throw unwritable(error);
  });
  return {
    write: (data) => handle.appendFile(data),
    close: () => handle.close(),
  };
}

export function unwritable(error: unknown): CommandError {
  return new CommandError(`The output cannot be written: ${(error as Error).message}`);
}

/** Whether a person sees what is written to standard output. */
export function isOnTerminal({ output }: Terminal): boolean {
  return "isTTY" in output && output.isTTY === true;
}

function terminalOutput({ output, signal }: Terminal): Output {
  return {
    async write(data) {
      if (!output.write(data)) await once(output, "drain", { signal });
    },
    async close() {},
  };
}
