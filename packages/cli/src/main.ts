#!/usr/bin/env node
import { runProgram } from "./program.ts";
import { processTerminal } from "./terminal/process-terminal.ts";

const terminal = processTerminal();
const code = await runProgram(process.argv.slice(2), terminal);
// Not all systems have written the results by now.
await new Promise((resolve) => terminal.output.write("", resolve));
// Not set as exit code only: a runtime can keep threads of its own.
process.exit(code);
