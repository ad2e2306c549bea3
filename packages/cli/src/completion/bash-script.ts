import type { Flag, Level } from "./levels.ts";

/** A script for bash, from version 3.2, which macOS has. */
export function bashScript(name: string, levels: readonly Level[]): string {
  const commands = levels.slice(1).map(({ path }) => `"${path.join(" ")}"`);
  const cases = levels.map(caseOf).join("\n");
  return `
# Completion of ${name} in bash, made by "${name} completion bash".
_${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command= flags= words= files= place file
  # To bash, --flag=value is three words.
  if [[ $word == "=" ]]; then
    word=
  elif [[ $previous == "=" ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((place = 1; place < COMP_CWORD; place++)); do
    case "\${command:+$command }\${COMP_WORDS[place]}" in
      ${commands.join(" | ")})
        command="\${command:+$command }\${COMP_WORDS[place]}"
        ;;
    esac
  done
  case "$command" in
${cases}
  esac
  [[ $word == -* ]] && words=$flags
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ -n $files ]]; then
    while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$word")
    # Not in bash 3.2.
    compopt -o filenames 2>/dev/null
  fi
}
complete -o bashdefault -o default -F _${name} ${name}
`;
}

/** What can follow a command; after a flag with a value, that is what. */
function caseOf({ path, flags, words }: Level): string {
  const names = flags.flatMap((flag) => flag.names);
  const withValue = flags.filter(({ takesValue }) => takesValue);
  const offered = ({ choices, example }: Flag) =>
    example === undefined ? `words="${choices.join(" ")}"` : `words="${example}" files=true`;
  const isFree = ({ choices, example }: Flag) => choices.length === 0 && example === undefined;
  const free = withValue.filter(isFree);
  const values = [
    ...(free.length > 0 ? [`${patternOf(free)}) flags= words= ;;`] : []),
    ...withValue
      .filter((flag) => !isFree(flag))
      .map((flag) => `${patternOf([flag])}) flags= ${offered(flag)} ;;`),
  ];
  return `    "${path.join(" ")}")
      flags="${names.join(" ")}"
      words="${words.map((word) => word.name).join(" ")}"
      case $previous in
        ${values.join("\n        ") || "*) ;;"}
      esac
      ;;`;
}

function patternOf(flags: readonly Flag[]): string {
  return flags.flatMap(({ names }) => names).join(" | ");
}
