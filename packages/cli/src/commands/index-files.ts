import { quoted } from "@embeddinggemma/internal/node";
import { Command, InvalidArgumentError } from "commander";
import type { IndexFlags } from "../indexing/index-files.ts";
import { addModelOptions } from "../model/model-options.ts";
import { count, countOrZero } from "../parse-number.ts";
import { path, paths } from "../parse-path.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { RequiredOption } from "./required-option.ts";

/** `embeddinggemma index <paths…>` */
export function indexCommand(terminal: Terminal): Command {
  const command = new Command("index")
    .summary("index folders for search")
    .description(
      "Embeds the files in folders and saves them in a store. A later run embeds only what is " +
        "new or has changed, and removes what is gone or left out now. Ctrl-C keeps what is " +
        "done; the next run continues. The exit code is 3 if some files could not be read, and " +
        "all others are done.\n\nReads text, Markdown, HTML and PDF files. Leaves out " +
        "hidden files, node_modules, symbolic links, and what .gitignore files name.",
    )
    .argument("<paths...>", "folders, or files", paths)
    .addOption(new RequiredOption("-s, --store <folder>", "folder of the store").argParser(path))
    .option(
      "--include <pattern>",
      "only files that match, such as '*.md', or a folder, such as guides; can be repeated",
      patternAdder("exclude"),
    )
    .option(
      "--exclude <pattern>",
      "leave out files and folders that match, such as drafts; can be repeated",
      patternAdder("include"),
    )
    .option(
      "--root <folder>",
      "folder that the names of files in the store begin at (default: the current one in the " +
        "first run)",
      path,
    )
    .option("--no-ignore", "read also what .gitignore files name")
    .option("--chunk-tokens <count>", "most tokens of a chunk (default: 256)", count)
    .option(
      "--chunk-overlap <count>",
      "most tokens that a chunk repeats of the one before it (default: an eighth of a chunk)",
      countOrZero,
    )
    .option(
      "--remember",
      "remember --url in place of the model of the store, or --model in place of its server",
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  embeddinggemma index docs --store docs.store\n" +
        "  embeddinggemma index notes papers/gemma.pdf --store my.store --truncate-dim 256\n" +
        "  embeddinggemma index . --store .store --include '*.md' --exclude drafts",
    );
  return addModelOptions(command).action(async (paths: string[], flags: IndexFlags) => {
    const { indexFiles } = await import("../indexing/index-files.ts");
    await indexFiles(paths, flags, command, terminal);
  });
}

/**
 * One pattern a flag, so that it takes no path.
 *
 * @param opposite - the flag for what does not match
 */
function patternAdder(opposite: string) {
  return (pattern: string, patterns: readonly string[] = []): string[] => {
    if (pattern === "") throw new InvalidArgumentError("It is empty.");
    const [, rest] = /^!([^(].*)$/s.exec(pattern) ?? [];
    if (rest !== undefined)
      throw new InvalidArgumentError(`Use --${opposite} ${quoted(rest)}, without !.`);
    return [...patterns, pattern];
  };
}
