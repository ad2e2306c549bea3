import type { Flag, Level, Word } from "./levels.ts";

/** A script for zsh, for a folder of `$fpath`; it can also be sourced after `compinit`. */
export function zshScript(name: string, levels: readonly Level[]): string {
  return `
#compdef ${name}
# Completion of ${name} in zsh, made by "${name} completion zsh".
${levels.map((level) => functionOf(name, level)).join("\n")}
if [[ $funcstack[1] == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function functionOf(name: string, { path, flags, words }: Level): string {
  const own = functionName(name, path);
  const specs = flags.flatMap(flagSpecs);
  if (words.length === 0) {
    return `${own}() {\n  _arguments -s ${listOf([...specs, quoted("*:file:_files")])}\n}`;
  }
  const cases = words.map(
    (word) => `        ${word.name}) ${functionName(name, [...path, word.name])} ;;`,
  );
  const isCommand = words.some(({ description }) => description !== "");
  return `${own}() {
  local context state state_descr line
  typeset -A opt_args
  local -a words_here=(${words.map(wordSpec).join(" ")})
  _arguments -s -C ${listOf([...specs, quoted("1: :->word"), quoted("*:: :->rest")])}
  case $state in
    word) _describe -t commands ${isCommand ? "command" : "value"} words_here ;;
    rest)
      case $words[1] in
${isCommand ? cases.join("\n") : "        *) ;;"}
      esac
      ;;
  esac
}`;
}

function listOf(specs: readonly string[]): string {
  return specs.join(" \\\n    ");
}

function functionName(name: string, path: readonly string[]): string {
  return `_${[name, ...path].join("_").replaceAll("-", "_")}`;
}

/** A spec such as `'--format=[description]:value:(jsonl npy)'` for each name. */
function flagSpecs({ names, description, takesValue, choices, example }: Flag): string[] {
  const text = `[${description.replaceAll(/[[\]\\:]/g, "\\$&")}]`;
  return names.map((flag) => {
    if (!takesValue) return quoted(`${flag}${text}`);
    const files = example === undefined ? "_files" : `{compadd -- ${example}; _files}`;
    const action = choices.length > 0 ? `(${choices.join(" ")})` : files;
    return quoted(`*${flag}${flag.startsWith("--") ? "=" : "+"}${text}:value:${action}`);
  });
}

function wordSpec({ name, description }: Word): string {
  return quoted(description === "" ? name : `${name}:${description}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
