import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The built program, as it is installed. */
const programPath = fileURLToPath(new URL("../../dist/embeddinggemma.js", import.meta.url));

/** A run of the program in a process of its own. */
export interface BuiltProgram {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Waits until it ends, and gives its exit code. */
  exit(): Promise<number | null>;
  /** Waits until the output has a match, and gives it. */
  find(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts the built program. The caller stops it. */
export function startBuiltProgram(argv: readonly string[]): BuiltProgram {
  const child = spawn(process.execPath, [programPath, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = once(child, "close") as Promise<[number | null]>;
  return {
    child,
    output: () => output,
    exit: async () => (await ended)[0],
    async find(pattern) {
      for (;;) {
        const match = pattern.exec(output);
        if (match) return match;
        if (child.exitCode !== null) throw new Error(`The program ended: ${output}`);
        await wait(20);
      }
    },
  };
}
