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

/** Adds the flags that {@link openEmbedder} reads, but for those that the command has already. */
export function addModelOptions(command: Command): Command {
  for (const option of modelOptions()) {
    const isThere = command.options.some(({ long }) => long === option.long);
    if (!isThere) command.addOption(option.helpGroup("Model:"));
  }
  return command;
}

function modelOptions(): Option[] {
  return [
    modelOption(),
    new Option("--url <url>", "a server that embeds (TEI, OpenAI's API, Ollama), not a model"),
    new Option("--revision <revision>", "branch, tag or commit on the Hub"),
    new Option("--dtype <dtype>", "number format of the weights: fp32, q8, q4 …").default("auto"),
    new Option("--device <device>", "device that runs the model, such as cpu or cuda"),
    new Option("--threads <count>", "threads of one inference").argParser(count),
    new Option("--adapter <folder>", "an adapter that was trained with `embeddinggemma tune`"),
    new Option("--truncate-dim <dimensions>", "length of vectors: 768, 512, 256 or 128").argParser(
      count,
    ),
    new Option("--cache-dir <folder>", "where downloads are stored"),
    new Option("--offline", "download nothing"),
  ];
}

export function modelOption(): Option {
  return new Option(
    "-m, --model <model>",
    'folder, repository on the Hugging Face Hub, or "tiny" (default: EmbeddingGemma 300m)',
  ).env("EMBEDDINGGEMMA_MODEL");
}

/** Parses a whole number of at least 1. */
export function count(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number of at least 1.");
}

/** Parses several whole numbers of at least 1: `768,256,128`. */
export function counts(text: string): number[] {
  return text.split(",").map((part) => count(part.trim()));
}
