#!/usr/bin/env node
import { CommanderError } from "commander";
import { parseArguments } from "./arguments.ts";
import { run } from "./run.ts";

// Not set as exit code only: a runtime can keep threads of its own.
void main().then((code) => process.exit(code));

async function main(): Promise<number> {
  try {
    return await run(parseArguments(process.argv));
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
}
