import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { reasonOf } from "../show.ts";

/** How to start a program in a child process. */
export interface ProgramOptions {
  readonly args?: readonly string[];
  /** Flags of the runtime. @default none, since flags of this process may not apply to a file */
  readonly execArgv?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /**
   * The name of the program's file. A bundler gives its own copy another name, without the files
   * that the program imports.
   *
   * @default not checked
   */
  readonly programName?: string;
  /** Whether to print the program's output to the output of this process. */
  readonly forwardsOutput: boolean;
}

/**
 * Marks the environment of the child process. Where a runtime starts the application again in place
 * of the program, the copy sees the mark and does not start another one.
 */
const childMark = "EMBEDDINGGEMMA_CHILD_PROCESS";

/**
 * Starts a program that answers messages.
 *
 * @throws Error if it cannot be started; the event "error" reports some failures later
 */
export function startProgram(
  program: URL,
  { args = [], execArgv = [], env = process.env, programName, forwardsOutput }: ProgramOptions,
): ChildProcess {
  // Bun and Deno have no module "node:sea": a static import of it would fail there.
  if (process.getBuiltinModule?.("node:sea")?.isSea() || process.env[childMark]) {
    if (process.env[childMark]) process.disconnect?.();
    throw new Error("a single executable application cannot start another program");
  }
  const isRenamed = programName !== undefined && !program.pathname.endsWith(`/${programName}`);
  if (isRenamed || program.protocol !== "file:" || !existsSync(program)) {
    const problem = isRenamed ? `is not the file ${programName}` : "does not exist";
    throw new Error(
      `${program.href} ${problem}. If a bundler has moved the code, mark @embeddinggemma/core, ` +
        "@embeddinggemma/faiss and faiss-node as external, to keep them out of the bundle",
    );
  }
  return fork(fileURLToPath(program), args, {
    execArgv: [...execArgv],
    env: { ...env, [childMark]: "1" },
    serialization: "advanced",
    stdio: ["ignore", forwardsOutput ? "inherit" : "ignore", "pipe", "ipc"],
  });
}

/** The reason of an error of `startProgram`, or of the event "error". */
export function whyNotStarted(error: unknown): string {
  const isDenied = (error as { code?: unknown } | null)?.code === "ERR_ACCESS_DENIED";
  // Not Node's own words, which name the flag in some releases only.
  return isDenied
    ? "Node's permission model forbids it. Start Node.js with `--allow-child-process`"
    : reasonOf(error);
}
