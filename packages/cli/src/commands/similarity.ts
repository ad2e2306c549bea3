import { Command } from "commander";
import { addModelOptions } from "../model/model-options.ts";
import type { SimilarityFlags } from "../similarity/compare.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** `embeddinggemma similarity <text> <others…>` */
export function similarityCommand(terminal: Terminal): Command {
  const command = new Command("similarity")
    .summary("compare texts")
    .description("Cosine similarity of a text with others, best first.")
    .argument("<text>", "the text to compare; - reads it from standard input")
    .argument(
      "<others...>",
      "the texts to compare it with; - stands for the lines of standard input",
    )
    .option("--prompt-name <name>", "prompt of the model (default: STS, if it has it)")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        '  embeddinggemma similarity "a fast car" "a quick automobile" "a red apple"\n' +
        '  embeddinggemma similarity "a fast car" - < titles.txt',
    );
  return addModelOptions(command).action(
    async (text: string, others: string[], flags: SimilarityFlags) => {
      const { compare } = await import("../similarity/compare.ts");
      await compare(text, others, flags, terminal);
    },
  );
}
