import { once } from "node:events";
import type { Terminal } from "../terminal/terminal.ts";
import { PartialFile } from "./partial-file.ts";

/** Where results go. Writing waits for a slow reader. */
export interface Output {
  write(data: string | Uint8Array): Promise<void>;
  /** Completes the output. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param file - replaced when the output is complete; standard output by default
 * @throws CommandError if the file cannot be written
 */
export async function openOutput(file: string | undefined, terminal: Terminal): Promise<Output> {
  if (file === undefined) return terminalOutput(terminal);
  const partial = await PartialFile.open(file);
  return {
    write: (data) => partial.append(data),
    finish: () => partial.finish(),
    close: () => partial[Symbol.asyncDispose](),
  };
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
    async finish() {},
    async close() {},
  };
}
