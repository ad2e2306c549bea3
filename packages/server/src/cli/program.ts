import { CommanderError } from "commander";
import { parseArguments } from "./arguments.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ServerProgramOptions } from "./program-options.ts";
import { run } from "./run.ts";

/**
 * Runs the program.
 *
 * @param argv - arguments, without the paths of Node.js and the program
 * @returns the exit code: 0; 1 if the server cannot run, or that of `explain`; 2 if flags are
 * wrong
 */
export async function runProgram(
  argv: readonly string[],
  { name, ...options }: ServerProgramOptions = {},
): Promise<number> {
  try {
    return await run(parseArguments(argv, { name }), options);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode && exitCodes.wrongFlags;
    throw error;
  }
}
