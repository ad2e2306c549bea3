import { type Command, InvalidArgumentError, Option } from "commander";

/** Values of the flags that choose a model, or a server with one. */
export interface ModelFlags {
  model?: string;
  url?: string;
  revision?: string;
  dtype?: string;
  device?: string;
  threads?: number;
  adapter?: string;
  truncateDim?: number;
  cacheDir?: string;
  offline?: boolean;
}

/** Adds the flags that {@link openEmbedder} reads. */
export function addModelOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "-m, --model <model>",
        'folder, repository on the Hugging Face Hub, or "tiny" (default: EmbeddingGemma 300m)',
      ).env("EMBEDDINGGEMMA_MODEL"),
    )
    .option("--url <url>", "a server that embeds (TEI, OpenAI's API, Ollama) in place of a model")
    .option("--revision <revision>", "branch, tag or commit on the Hub")
    .option("--dtype <dtype>", "number format of the weights: fp32, q8, q4 …", "auto")
    .option("--device <device>", "device that runs the model, such as cpu or cuda")
    .option("--threads <count>", "threads of one inference", count)
    .option("--adapter <folder>", "an adapter that was trained with `embeddinggemma tune`")
    .option("--truncate-dim <dimensions>", "length of vectors: 768, 512, 256 or 128", count)
    .option("--cache-dir <folder>", "where downloads are stored")
    .option("--offline", "download nothing");
}

/** Parses a whole number of at least 1. */
export function count(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number of at least 1.");
}
