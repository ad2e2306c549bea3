#!/usr/bin/env node
import { runProgram } from "./program.ts";

// Not set as exit code only: a runtime can keep threads of its own.
void runProgram(process.argv.slice(2)).then((code) => process.exit(code));
