import { nearestOption } from "@embeddinggemma/internal";
import type { Command } from "commander";

/**
 * Makes a request for help a flag of the command: `help serve` is `serve --help`, since the server
 * prints the help of its flags itself. Ends the program for a command that there is not, for which
 * Commander would print the help of the program.
 */
export function withHelpFlag(program: Command, argv: readonly string[]): readonly string[] {
  const words = [...argv];
  let command = program;
  let place = 0;
  let asksForHelp = false;
  while (command.commands.length > 0 && place < words.length && !words[place]!.startsWith("-")) {
    if (words[place] === "help") {
      words.splice(place, 1);
      asksForHelp = true;
    } else {
      command = find(command, words[place]!);
      place += 1;
    }
  }
  refuseSingleDash(command, words);
  return asksForHelp ? [...words, "--help"] : words;
}

/** `-store` would be read as `-s tore`. */
function refuseSingleDash(command: Command, words: readonly string[]): void {
  for (const word of words) {
    if (word === "--") return;
    if (command.options.some(({ long }) => long === `-${word}` && word.length > 2))
      command.error(`error: unknown option '${word}'\n(Did you mean -${word}?)`);
  }
}

function find(command: Command, name: string): Command {
  const found = command.commands.find((one) => one.name() === name);
  if (found) return found;
  const names = command.commands.map((one) => one.name());
  const nearest = names.find((one) => one === otherNames[name]) ?? nearestOption(name, names);
  const hint = nearest ? `Did you mean ${nearest}?` : `The commands are ${names.join(", ")}.`;
  return command.error(`error: unknown command '${name}'\n(${hint})`);
}

/** What other programs call a command. */
const otherNames: Readonly<Record<string, string>> = {
  ...{ add: "index", ingest: "index", find: "search", query: "search", compare: "similarity" },
  ...{ evaluate: "eval", train: "tune", start: "serve", check: "doctor" },
};
