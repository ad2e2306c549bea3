import { Command, Option } from "commander";
import {
  modelIdOption,
  modelOption,
  noAdapterOption,
  withVariable,
} from "../model/model-options.ts";
import { path } from "../parse-path.ts";
import type { ServeFlags } from "../serving/serve.ts";
import type { Terminal } from "../terminal/terminal.ts";

/**
 * `embeddinggemma serve`. Its flags are those of `@embeddinggemma/server`, which prints its help,
 * too.
 */
export function serveCommand(terminal: Terminal): Command {
  return new Command("serve")
    .summary("answer the HTTP APIs of TEI, OpenAI, Ollama and txtai")
    .description(
      "Answers the HTTP APIs of Text Embeddings Inference, OpenAI, Ollama and txtai. " +
        "All flags: embeddinggemma serve --help",
    )
    .addOption(modelOption())
    .addOption(modelIdOption())
    .addOption(withVariable(new Option("--store <folder>"), "STORE").argParser(path).hideHelp())
    .addOption(noAdapterOption().hideHelp())
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (flags: ServeFlags, command: Command) => {
      const { serve } = await import("../serving/serve.ts");
      await serve(flags, command, terminal);
    });
}
