import { serverProgram } from "@embeddinggemma/server";
import { type Command, Option } from "commander";
import { tiny } from "../model/model-options.ts";

/** The program or one of its commands, and what can follow it. */
export interface Level {
  /** Names of the commands that lead to it: none for the program, `["models", "remove"]`. */
  readonly path: readonly string[];
  readonly flags: readonly Flag[];
  /** Its commands, or the values of its argument, if there are only a few. */
  readonly words: readonly Word[];
}

export interface Word {
  readonly name: string;
  readonly description: string;
}

export interface Flag {
  /** `["-m", "--model"]` */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** Its values, if there are only a few. */
  readonly choices: readonly string[];
  /** A value to offer beside files. */
  readonly example: string | undefined;
}

/** All levels of a program, each before those below it. */
export async function levelsOf(program: Command): Promise<Level[]> {
  return await levelsBelow(program, []);
}

async function levelsBelow(command: Command, path: readonly string[]): Promise<Level[]> {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((one) => one.name() !== "help");
  const values = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const words = [
    ...commands.map((one) => ({ name: one.name(), description: one.summary() })),
    ...values.map((name) => ({ name, description: "" })),
  ];
  const options = help.visibleOptions(command);
  // The server parses its flags itself.
  if (path.join() === "serve") options.push(...(await serverOptions()));
  const level = { path, flags: distinct(options.map(flagOf)), words };
  const below = await Promise.all(commands.map((one) => levelsBelow(one, [...path, one.name()])));
  return [level, ...below.flat()];
}

async function serverOptions(): Promise<Option[]> {
  const { flags } = await serverProgram();
  const options = flags.map(({ flags, description, choices }) => {
    const option = new Option(flags, description);
    return choices ? option.choices(choices) : option;
  });
  return [...options, new Option("-h, --help", "display help for command")];
}

/** Each name once, since the server has `--model`, too. */
function distinct(flags: readonly Flag[]): Flag[] {
  const seen = new Set<string>();
  const own = flags.map((flag) => {
    const names = flag.names.filter((name) => !seen.has(name));
    for (const name of names) seen.add(name);
    return { ...flag, names };
  });
  return own.filter(({ names }) => names.length > 0);
}

function flagOf({ short, long, description, required, optional, argChoices }: Option): Flag {
  const names = [short, long].filter((name) => name !== undefined);
  const example = long === "--model" ? tiny : undefined;
  const takesValue = required || optional;
  return { names, description, takesValue, choices: argChoices ?? [], example };
}
