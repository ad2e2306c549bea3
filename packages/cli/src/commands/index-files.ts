import { Command } from "commander";
import type { IndexFlags } from "../indexing/index-files.ts";
import { addModelOptions } from "../model/model-options.ts";
import { count, countOrZero } from "../parse-number.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { RequiredOption } from "./required-option.ts";

/** `embeddinggemma index <paths…>` */
export function indexCommand(terminal: Terminal): Command {
  const command = new Command("index")
    .summary("index folders for search")
    .description(
      "Embeds the files in folders and saves them in a store. A later run embeds only what is " +
        "new or has changed, and removes what is gone. Ctrl-C keeps what is done; the next run " +
        "continues.\n\nReads text, Markdown, HTML and PDF files. Leaves out hidden files, " +
        "node_modules, symbolic links, and what .gitignore files name.",
    )
    .argument("<paths...>", "folders, or files")
    .addOption(new RequiredOption("-s, --store <folder>", "folder of the store"))
    .option("--include <globs...>", "only files that match, such as 'guides/**/*.md'")
    .option("--exclude <globs...>", "leave out files and folders that match, such as drafts")
    .option("--no-ignore", "read also what .gitignore files name")
    .option("--chunk-tokens <count>", "most tokens of a chunk (default: 256)", count)
    .option(
      "--chunk-overlap <count>",
      "most tokens that a chunk repeats of the one before it (default: an eighth of a chunk)",
      countOrZero,
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  embeddinggemma index docs --store docs.store\n" +
        "  embeddinggemma index notes papers/gemma.pdf --store my.store --truncate-dim 256\n" +
        "  embeddinggemma index . --store .store --include '**/*.md' --exclude drafts CHANGELOG.md",
    );
  return addModelOptions(command).action(async (paths: string[], flags: IndexFlags) => {
    const { indexFiles } = await import("../indexing/index-files.ts");
    await indexFiles(paths, flags, command, terminal);
  });
}
