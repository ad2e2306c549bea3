import { Command, Option } from "commander";
import { addModelOptions } from "../model/model-options.ts";
import { count, countOrZero, positive } from "../parse-number.ts";
import { path } from "../parse-path.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { TuneFlags } from "../tuning/tune-folder.ts";
import { RequiredOption } from "./required-option.ts";

/** `embeddinggemma tune <data>` */
export function tuneCommand(terminal: Terminal): Command {
  const command = new Command("tune")
    .summary("train an adapter for your questions")
    .description(
      "Trains an adapter from questions with documents that answer them, and compares the model " +
        "without and with it on questions that it was not trained on. An adapter that does not " +
        "help on the validation and the test questions is not saved. The data is a file of pairs " +
        "(JSONL, CSV or TSV with query and document), or a folder of BEIR, of which the split " +
        "train is learned from.",
    )
    .argument("<data>", "file of pairs, or BEIR folder", path)
    .addOption(
      new RequiredOption("-o, --output <folder>", "where to save the adapter").argParser(path),
    )
    .option("--train <split>", "questions of the BEIR folder to learn from", "train")
    .option(
      "--validation <split>",
      "questions that choose the best epoch (default: validation or dev of the BEIR folder, else " +
        "a tenth of the questions to learn from)",
    )
    .option(
      "--test <split>",
      "questions to compare on (default: test of the BEIR folder, else those of --validation)",
    )
    .option(
      "--beir <folder>",
      "BEIR folder of --validation and --test, if the data is a file",
      path,
    )
    .addOption(
      new Option("--sides <sides>", "adapt queries alone, so that indexes stay valid, or all texts")
        .choices(["query", "both"])
        .default("query"),
    )
    .addOption(
      new Option("--loss <loss>", "what training minimizes")
        .choices([
          "multipleNegativesRanking",
          "cachedMultipleNegativesRanking",
          "triplet",
          "cosent",
        ])
        .default("multipleNegativesRanking"),
    )
    .addOption(
      new Option("--rank <rank>", "rank of its matrix, for a smaller file").argParser(count),
    )
    .addOption(
      new Option("--epochs <count>", "most passes over the pairs (default: 30)").argParser(count),
    )
    .addOption(
      new Option("--batch-size <count>", "pairs of one step (default: 32)").argParser(count),
    )
    .addOption(
      new Option(
        "--learning-rate <rate>",
        "the highest one (default: 0.0003, with --rank 0.001)",
      ).argParser(positive),
    )
    .addOption(
      new Option("--seed <number>", "the same seed gives the same adapter (default: 0)").argParser(
        countOrZero,
      ),
    )
    .option("--metric <metric>", "the metric that decides", "ndcg@10")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  embeddinggemma tune data/help --output adapters/help
  embeddinggemma tune pairs.jsonl --output adapters/help
  embeddinggemma search "my disk is full" --store docs.store --adapter adapters/help`,
    );
  return addModelOptions(command, ["--adapter", "--no-adapter"]).action(
    async (data: string, flags: TuneFlags) => {
      const { tuneFolder } = await import("../tuning/tune-folder.ts");
      await tuneFolder(data, flags, terminal);
    },
  );
}
