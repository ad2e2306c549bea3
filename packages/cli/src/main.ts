#!/usr/bin/env node
import { runProgram } from "./program.ts";
import { processTerminal } from "./terminal/process-terminal.ts";

// Not set as exit code only: a runtime can keep threads of its own.
void runProgram(process.argv.slice(2), processTerminal()).then((code) => process.exit(code));
