import type { Command } from "commander";
import { print, type Terminal } from "../terminal/terminal.ts";
import { bashScript } from "./bash-script.ts";
import { fishScript } from "./fish-script.ts";
import { type Level, levelsOf } from "./levels.ts";
import { zshScript } from "./zsh-script.ts";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

export type Shell = keyof typeof scripts;

/**
 * Prints a script that completes the program. The script has all commands and flags, so a Tab does
 * not start the program, and runs nothing of what is typed.
 */
export async function printCompletion(
  shell: Shell,
  program: Command,
  terminal: Terminal,
): Promise<void> {
  const levels: readonly Level[] = await levelsOf(program);
  print(terminal, scripts[shell](program.name(), levels).trim());
}
