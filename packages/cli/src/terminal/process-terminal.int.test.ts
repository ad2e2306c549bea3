import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { programPath } from "../testing/built-program.ts";

const bash = (command: string) => promisify(execFile)("bash", ["-o", "pipefail", "-c", command]);

it.each(["embed", "similarity Mars -"])(
  "%s ends in silence if its reader does",
  async (command) => {
    const program = `'${process.execPath}' '${programPath}' ${command} --model tiny`;
    const { stdout, stderr } = await bash(`seq 3000 | ${program} | head -1`);
    expect([stdout.split("\n").length, stderr]).toEqual([2, ""]);
  },
);
