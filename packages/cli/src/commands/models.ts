import { Command, Option } from "commander";
import { dtypeOption } from "../model/model-options.ts";
import type { DownloadFlags } from "../models/download-model.ts";
import type { ListFlags } from "../models/list-models.ts";
import type { RemoveFlags } from "../models/remove-model.ts";
import { path } from "../parse-path.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** `embeddinggemma models`, and its commands that change what is in the cache */
export function modelsCommand(terminal: Terminal): Command {
  const command = new Command("models")
    .summary("list, download and remove models")
    .description("Models in the cache, which Python's huggingface_hub shares. Lists them.")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  embeddinggemma models\n" +
        "  embeddinggemma models download --dtype q4\n" +
        "  embeddinggemma models remove onnx-community/embeddinggemma-300m-ONNX",
    );
  return addCacheOptions(command)
    .action(async (flags: ListFlags) => {
      const { listModels } = await import("../models/list-models.ts");
      await listModels(flags, terminal);
    })
    .addCommand(listCommand(terminal))
    .addCommand(downloadCommand(terminal))
    .addCommand(removeCommand(terminal));
}

/** `embeddinggemma models list`, as in other programs */
function listCommand(terminal: Terminal): Command {
  const command = new Command("list").summary("list models, as without a command");
  return addCacheOptions(command).action(async () => {
    const { listModels } = await import("../models/list-models.ts");
    await listModels(command.optsWithGlobals<ListFlags>(), terminal);
  });
}

/** `embeddinggemma models download [id]` */
function downloadCommand(terminal: Terminal): Command {
  const command = new Command("download")
    .summary("download a model, so that it loads offline")
    .description("Downloads a model into the cache and loads it once, so that it loads offline.")
    .argument("[id]", "repository on the Hugging Face Hub (default: EmbeddingGemma 300m)")
    .option("--revision <revision>", "branch, tag or commit on the Hub")
    .addOption(dtypeOption())
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  embeddinggemma models download\n" +
        "  embeddinggemma models download onnx-community/embeddinggemma-300m-ONNX --dtype q4",
    );
  return addCacheOptions(command).action(async (id: string | undefined) => {
    const { downloadModel } = await import("../models/download-model.ts");
    await downloadModel(id, command.optsWithGlobals<DownloadFlags>(), terminal);
  });
}

/** `embeddinggemma models remove <id>` */
function removeCommand(terminal: Terminal): Command {
  const command = new Command("remove")
    .summary("delete a model from the cache")
    .description("Deletes a model from the cache: all its revisions, and what was computed.")
    .argument("<id>", "the model, as `embeddinggemma models` lists it")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  embeddinggemma models remove onnx-community/embeddinggemma-300m-ONNX --yes",
    );
  return addCacheOptions(command).action(async (id: string) => {
    const { removeModel } = await import("../models/remove-model.ts");
    await removeModel(id, command.optsWithGlobals<RemoveFlags>(), terminal);
  });
}

/**
 * Adds the flags that `models` and its commands share. `models` takes their values before one of
 * its commands can, so these read them with `optsWithGlobals`.
 */
function addCacheOptions(command: Command): Command {
  return command
    .addOption(new Option("--offline", "download nothing").hideHelp())
    .option("--cache-dir <folder>", "the cache (default: as huggingface_hub)", path)
    .option("--json", "print JSON");
}
