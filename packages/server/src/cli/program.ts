import { CommanderError } from "commander";
import { parseArguments } from "./arguments.ts";
import { type LoadModel, run } from "./run.ts";

/**
 * Runs the program.
 *
 * @param argv - arguments, without the paths of Node.js and the program
 * @returns the exit code: 0; 1 if the server cannot run; 2 if flags are wrong
 */
export async function runProgram(
  argv: readonly string[],
  { name, load }: { name?: string | undefined; load?: LoadModel | undefined } = {},
): Promise<number> {
  try {
    return await run(parseArguments(argv, { name }), load);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode && wrongFlags;
    throw error;
  }
}

const wrongFlags = 2;
