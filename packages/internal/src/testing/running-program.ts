import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";

/** A program in a process of its own. */
export interface RunningProgram {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Waits until it ends, and gives its exit code; null after a signal. */
  exit(): Promise<number | null>;
  /**
   * Waits until the output has a match, and gives it.
   *
   * @throws Error with the output if the program ends without it
   */
  find(pattern: RegExp): Promise<RegExpExecArray>;
}

const running = new Set<ChildProcess>();

/** Starts a JavaScript file with Node. {@link endPrograms} ends it, if it does not end before. */
export function startProgram(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningProgram {
  const child = spawn(process.execPath, [path, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  // Unlike `exit`, it comes after all output.
  const ended = once(child, "close") as Promise<[number | null]>;
  let hasEnded = false;
  child.once("close", () => {
    hasEnded = true;
  });
  return {
    child,
    output: () => output,
    exit: async () => (await ended)[0],
    async find(pattern) {
      for (;;) {
        const match = pattern.exec(output);
        if (match) return match;
        if (hasEnded) {
          const how = child.signalCode ?? `exit code ${child.exitCode}`;
          throw new Error(`The program ended (${how}): ${output}`);
        }
        await wait(20);
      }
    },
  };
}

/** Ends the programs that still run. */
export function endPrograms(): void {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
}
