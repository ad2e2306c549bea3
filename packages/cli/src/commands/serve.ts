import { Command } from "commander";
import { modelOption } from "../model/model-options.ts";
import type { ServeFlags } from "../serving/serve.ts";

/**
 * `embeddinggemma serve`. Its flags are those of `@embeddinggemma/server`, which prints its help,
 * too.
 */
export function serveCommand(): Command {
  return new Command("serve")
    .summary("answer the HTTP APIs of TEI, OpenAI, Ollama and txtai")
    .description(
      "Answers the HTTP APIs of Text Embeddings Inference, OpenAI, Ollama and txtai. " +
        "All flags: embeddinggemma serve --help",
    )
    .addOption(modelOption())
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (flags: ServeFlags, { args }: Command) => {
      const { serve } = await import("../serving/serve.ts");
      await serve(args, flags);
    });
}
