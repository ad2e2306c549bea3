import { Command, Option } from "commander";
import type { EvalFlags } from "../evaluation/evaluate.ts";
import { addModelOptions } from "../model/model-options.ts";
import { counts } from "../parse-number.ts";
import { path } from "../parse-path.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** `embeddinggemma eval <folder>` */
export function evalCommand(terminal: Terminal): Command {
  const command = new Command("eval")
    .summary("measure retrieval on questions with known answers")
    .description(
      "Measures how well the model finds the documents that answer questions: NDCG, MRR, MAP and " +
        "recall. The data is a folder of BEIR: corpus.jsonl, queries.jsonl, qrels/<split>.tsv.",
    )
    .argument("<folder>", "the BEIR folder", path)
    .option("--split <split>", "name of the questions: qrels/<split>.tsv", "test")
    .addOption(
      new Option(
        "--truncate-dim <dimensions>",
        "length of vectors, or several to compare: 768,256,128",
      )
        .argParser(counts)
        .helpGroup("Model:"),
    )
    .option(
      "--run <file>",
      "write what was found, in the format of TREC; for one length of vectors",
      path,
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  embeddinggemma eval data/help
  embeddinggemma eval data/help --truncate-dim 768,256,128
  embeddinggemma eval data/help --adapter adapters/help --json`,
    );
  return addModelOptions(command).action(async (folder: string, flags: EvalFlags) => {
    if (flags.run !== undefined && (flags.truncateDim?.length ?? 1) > 1)
      command.error("error: --run needs one length of vectors. Give --truncate-dim one number.");
    const { evaluate } = await import("../evaluation/evaluate.ts");
    await evaluate(folder, flags, terminal);
  });
}
