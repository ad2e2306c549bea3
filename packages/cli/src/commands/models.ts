import { Command } from "commander";
import { dtypeOption } from "../model/model-options.ts";
import type { DownloadFlags } from "../models/download-model.ts";
import type { ListFlags } from "../models/list-models.ts";
import type { RemoveFlags } from "../models/remove-model.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** `embeddinggemma models`, and its commands that change what is in the cache */
export function modelsCommand(terminal: Terminal): Command {
  return new Command("models")
    .summary("list, download and remove models")
    .description("Models in the cache, which Python's huggingface_hub shares. Lists them.")
    .option("--cache-dir <folder>", "the cache (default: as huggingface_hub)")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  embeddinggemma models\n" +
        "  embeddinggemma models download --dtype q4\n" +
        "  embeddinggemma models remove onnx-community/embeddinggemma-300m-ONNX",
    )
    .action(async (flags: ListFlags) => {
      const { listModels } = await import("../models/list-models.ts");
      await listModels(flags, terminal);
    })
    .addCommand(downloadCommand(terminal))
    .addCommand(removeCommand(terminal));
}

/** `embeddinggemma models download [id]` */
function downloadCommand(terminal: Terminal): Command {
  return new Command("download")
    .summary("download a model, so that it loads offline")
    .description("Downloads a model into the cache and loads it once, so that it loads offline.")
    .argument("[id]", "repository on the Hugging Face Hub (default: EmbeddingGemma 300m)")
    .option("--revision <revision>", "branch, tag or commit on the Hub")
    .addOption(dtypeOption())
    .option("--cache-dir <folder>", "the cache (default: as huggingface_hub)")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  embeddinggemma models download\n" +
        "  embeddinggemma models download onnx-community/embeddinggemma-300m-ONNX --dtype q4",
    )
    .action(async (id: string | undefined, _flags: DownloadFlags, command: Command) => {
      const { downloadModel } = await import("../models/download-model.ts");
      await downloadModel(id, command.optsWithGlobals<DownloadFlags>(), terminal);
    });
}

/** `embeddinggemma models remove <id>` */
function removeCommand(terminal: Terminal): Command {
  return new Command("remove")
    .summary("delete a model from the cache")
    .description("Deletes a model from the cache: all its revisions, and what was computed.")
    .argument("<id>", "the model, as `embeddinggemma models` lists it")
    .option("-y, --yes", "do not ask")
    .option("--cache-dir <folder>", "the cache (default: as huggingface_hub)")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  embeddinggemma models remove onnx-community/embeddinggemma-300m-ONNX --yes",
    )
    .action(async (id: string, _flags: RemoveFlags, command: Command) => {
      const { removeModel } = await import("../models/remove-model.ts");
      // `models` has flags of the same names, which take their values before this command can.
      await removeModel(id, command.optsWithGlobals<RemoveFlags>(), terminal);
    });
}
