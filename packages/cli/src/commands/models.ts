import { Command } from "commander";
import type { ListFlags } from "../models/list-models.ts";
import type { RemoveFlags } from "../models/remove-model.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** `embeddinggemma models`, and its commands that change what is in the cache */
export function modelsCommand(terminal: Terminal): Command {
  return new Command("models")
    .summary("list and remove the models in the cache")
    .description("Models in the cache, which Python's huggingface_hub shares. Lists them.")
    .option("--cache-dir <folder>", "the cache (default: as huggingface_hub)")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  embeddinggemma models\n" +
        "  embeddinggemma models remove onnx-community/embeddinggemma-300m-ONNX",
    )
    .action(async (flags: ListFlags) => {
      const { listModels } = await import("../models/list-models.ts");
      await listModels(flags, terminal);
    })
    .addCommand(removeCommand(terminal));
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
