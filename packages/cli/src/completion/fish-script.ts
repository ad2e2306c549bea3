import type { Flag, Level } from "./levels.ts";

/** A script for fish. */
export function fishScript(name: string, levels: readonly Level[]): string {
  const commands = levels.flatMap(({ path, flags, words }) => {
    const start = `complete -c ${name} -n ${quoted(conditionOf(path, words))}`;
    const below = words.map(
      (word) => `${start} -f -a ${quoted(word.name)} -d ${quoted(word.description)}`,
    );
    const everywhere = `complete -c ${name} -n ${quoted(conditionOf(path, []))}`;
    return [...below, ...flags.map((flag) => `${everywhere} ${flagOptions(flag)}`)];
  });
  return `
# Completion of ${name} in fish, made by "${name} completion fish".
${commands.join("\n")}
`;
}

/** When a level is the one that is typed; before one of its words, if these are given. */
function conditionOf(path: readonly string[], words: Level["words"]): string {
  if (path.length === 0) return "__fish_use_subcommand";
  const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`);
  const names = words.map(({ name }) => name).join(" ");
  return [...seen, ...(names ? [`not __fish_seen_subcommand_from ${names}`] : [])].join("; and ");
}

function flagOptions({ names, description, takesValue, choices, example }: Flag): string {
  const options = names.map((flag) =>
    flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  if (choices.length > 0) options.push(`-x -a ${quoted(choices.join(" "))}`);
  else if (example) options.push(`-r -a ${quoted(example)}`);
  else if (takesValue) options.push("-r");
  return [...options, `-d ${quoted(description)}`].join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
