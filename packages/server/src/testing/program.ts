import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { modelPath } from "@embeddinggemma/tiny-model";

/** The built program, as it is installed. */
const programPath = fileURLToPath(new URL("../../dist/embeddinggemma-server.js", import.meta.url));

/** Flags for a server with the tiny model on a free port. */
export const localFlags = [
  "--model-id",
  modelPath,
  "--hostname",
  "127.0.0.1",
  "--port",
  "0",
] as const;

const running = new Set<ChildProcess>();

/** A running program. */
export interface Program {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Waits until it ends, and gives its exit code. */
  exit(): Promise<number | null>;
  /** Waits until it is ready, and gives its URL. */
  ready(): Promise<string>;
}

/** Starts the program. */
export function startProgram(
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  const child = spawn(process.execPath, [programPath, ...flags], {
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
  const ended = once(child, "close") as Promise<[number | null]>;
  return {
    child,
    output: () => output,
    exit: async () => (await ended)[0],
    async ready() {
      for (;;) {
        const url = /url"?[=:]"?(http:[^\s"]+)/.exec(output)?.[1];
        if (url !== undefined) return url;
        if (child.exitCode !== null) throw new Error(`The program ended: ${output}`);
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
