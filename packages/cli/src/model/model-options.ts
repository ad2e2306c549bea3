import { existsSync } from "node:fs";
import type { Dtype } from "@embeddinggemma/core";
import { nearestOption } from "@embeddinggemma/internal";
import { type Command, InvalidArgumentError, Option } from "commander";
import { count } from "../parse-number.ts";
import { path } from "../parse-path.ts";

/** Values of the flags that choose a model, or a server with one. */
export interface ModelFlags {
  model?: string;
  url?: string;
  /** A secret: it is neither printed nor stored. */
  apiKey?: string;
  revision?: string;
  dtype?: string;
  device?: string;
  threads?: number;
  /** `false`: none, although the store or the server has one. */
  adapter?: string | false | undefined;
  truncateDim?: number;
  cacheDir?: string;
  offline?: boolean;
}

/**
 * Adds the flags that {@link openEmbedder} reads, but for those that the command has already.
 *
 * @param leftOut - flags that make no sense for the command, such as `--adapter`
 */
export function addModelOptions(command: Command, leftOut: readonly string[] = []): Command {
  const others = [...leftOut, ...command.options.map(({ long }) => long)];
  for (const option of [...modelOptions(), noAdapterOption()])
    if (!others.includes(option.long)) command.addOption(option.helpGroup("Model:"));
  return command;
}

export function noAdapterOption(): Option {
  return new Option("--no-adapter", "do without the adapter of the store, or of the server");
}

/** Whether the command line names a model or a server. The environment does not count. */
export function isModelGiven(command: Command): boolean {
  return isGiven(command, "model") || isGiven(command, "url");
}

/** Whether a flag is on the command line; defaults and environment variables do not count. */
export function isGiven(command: Command, flag: string): boolean {
  return command.getOptionValueSource(flag) === "cli";
}

function modelOptions(): Option[] {
  return [
    modelOption(),
    new Option("--url <url>", "a server that embeds (TEI, OpenAI's API, Ollama), not a model"),
    apiKeyOption(),
    new Option("--revision <revision>", "branch, tag or commit on the Hub"),
    dtypeOption(),
    new Option("--device <device>", "device that runs the model").choices(devices),
    new Option("--threads <count>", "threads of one inference").argParser(count),
    new Option("--adapter <folder>", "an adapter that was trained with `embeddinggemma tune`"),
    new Option("--truncate-dim <dimensions>", "length of vectors: 768, 512, 256 or 128").argParser(
      count,
    ),
    new Option("--cache-dir <folder>", "where downloads are stored").argParser(path),
    new Option("--offline", "download nothing"),
  ];
}

export function dtypeOption(): Option {
  const option = new Option("--dtype <dtype>", "number format of the weights");
  return option.choices(["auto", ...Object.keys(dtypes)]).default("auto");
}

/** An object, so that the compiler finds one that is missing. */
const dtypes = {
  ...{ fp32: true, fp16: true, q8: true, int8: true },
  ...{ uint8: true, q4: true, q4f16: true, bnb4: true },
} satisfies Record<Dtype, true>;

/** Those of Node.js. */
const devices = ["auto", "cpu", "gpu", "cuda", "webgpu", "dml", "coreml"];

export function modelOption(): Option {
  const option = new Option(
    "-m, --model <model>",
    'folder, repository on the Hugging Face Hub, or "tiny" (default: EmbeddingGemma 300m)',
  );
  option.argParser(modelName);
  return withVariable(option, modelVariable);
}

/** TEI's name of {@link modelOption}, for `serve`. */
export function modelIdOption(): Option {
  const option = new Option("--model-id <model>").argParser(modelName).hideHelp();
  return withVariable(option, modelIdVariable);
}

function apiKeyOption(): Option {
  return withVariable(new Option("--api-key <key>", "key of the server"), apiKeyVariable);
}

/** Adds the variable of an option. An empty variable is none, as scripts write it. */
export function withVariable(option: Option, name: string): Option {
  return process.env[name] === "" ? option : option.env(name);
}

/** A name without an owner is a folder, one of a few old repositories, or the tiny model. */
function modelName(text: string): string {
  const isMisspelt = text !== tiny && nearestOption(text, [tiny]) === tiny;
  if (isMisspelt && !existsSync(text)) throw new InvalidArgumentError(`Did you mean ${tiny}?`);
  return text;
}

/** Name of the tiny model for `--model`. */
export const tiny = "tiny";

export const modelVariable = "EMBEDDINGGEMMA_MODEL";

/** That of Text Embeddings Inference, for `serve`. */
export const modelIdVariable = "MODEL_ID";

/** Other users of the machine can see the command line, but not the environment. */
export const apiKeyVariable = "EMBEDDINGGEMMA_API_KEY";
