import { Command, InvalidArgumentError } from "commander";
import { addModelOptions } from "../model/model-options.ts";
import { count } from "../parse-number.ts";
import { path } from "../parse-path.ts";
import { addFilter } from "../searching/filter-flag.ts";
import type { SearchFlags } from "../searching/search-store.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { RequiredOption } from "./required-option.ts";

/** `embeddinggemma search <query>` */
export function searchCommand(terminal: Terminal): Command {
  const command = new Command("search")
    .summary("search a store")
    .description(
      "Finds the chunks of a store that are most similar to a query. It loads the model that " +
        "made the store.",
    )
    .argument("<query>", "what to look for; - reads it from standard input")
    .allowExcessArguments()
    .addOption(new RequiredOption("-s, --store <folder>", "folder of the store").argParser(path))
    .option("-k, --count <count>", "most results", count, 5)
    .option("--min-score <score>", "least cosine of a result, from -1 to 1", score)
    .option(
      "-f, --filter <filter>",
      "metadata of results: key=value, key!=value, key=start* for texts that start so (not " +
        "numbers), or JSON as in LangChain's filters; can be repeated: all must hold; for one " +
        "of several, JSON with $in or $or",
      addFilter,
    )
    .option("--json", "print JSON, with the whole text of each chunk")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        '  embeddinggemma search "how do I reset my password?" --store docs.store\n' +
        '  embeddinggemma search "side effects" --store papers.store -k 3 --filter page=2\n' +
        '  embeddinggemma search "layers" --store notes.store --filter "source=notes/web/*"\n' +
        "  embeddinggemma search \"leave\" --store docs.store --filter 'source!=docs/hr/*'\n" +
        '  embeddinggemma search "deploy" --store docs.store --filter tags=ops\n' +
        '  embeddinggemma search "tests" --store docs.store --filter \'{"page": {"$gte": 10}}\'\n' +
        '  embeddinggemma search "leave" --store docs.store ' +
        '--filter \'{"source": {"$in": ["a.md", "b.md"]}}\'\n' +
        "  git log -1 --format=%B | embeddinggemma search - --store docs.store --json",
    );
  return addModelOptions(command).action(async (query: string, flags: SearchFlags) => {
    if (command.args.length > 1) command.error("error: Put the query in quotes.");
    if (query.trim() === "") command.error("error: The query is empty. Say what to look for.");
    const { searchStore } = await import("../searching/search-store.ts");
    await searchStore(query, flags, command, terminal);
  });
}

function score(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= -1 && value <= 1) return value;
  throw new InvalidArgumentError("It must be a number from -1 to 1.");
}
