import { defaultModel, type LoadOptions } from "@embeddinggemma/core";
import { Command, Option } from "commander";
import type { ServeOptions } from "../node/serve-options.ts";
import { version } from "../version.ts";
import { numberParser, parseBoolean, parseOrigins, parseWorkers } from "./flag-values.ts";

/** What the program is asked to do. */
export interface ProgramSettings {
  /** Folder or Hub id. */
  readonly model: string;
  readonly load: LoadOptions;
  readonly serve: ServeOptions;
  /** Folder of the documents for txtai's routes. */
  readonly store: string | undefined;
  /** Whether clients can change {@link ProgramSettings.store}. */
  readonly readOnly: boolean;
  readonly jsonOutput: boolean;
  readonly logLevel: string;
  /** Flags of TEI that were given and have no effect here. */
  readonly unused: readonly string[];
}

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** Names of number formats in Text Embeddings Inference. */
const teiDtypes: Readonly<Record<string, string>> = { float32: "fp32", float16: "fp16" };

/** Flags of TEI for parts that this server does not have. */
const unusedFlags = [
  "--tokenization-workers <count>",
  "--dense-path <path>",
  "--uds-path <path>",
  "--disable-spans [boolean]",
  "--otlp-endpoint <url>",
  "--otlp-service-name <name>",
  "--prometheus-port <port>",
];

/** Names of TEI that have a shorter one here, as in Hugging Face's libraries. */
const otherNames = ["--model-id <model>", "--huggingface-hub-cache <folder>"];

/** Where messages about wrong flags go, and what the program is called in them. */
interface ParseOptions {
  readonly name?: string | undefined;
  readonly print?: ((text: string) => void) | undefined;
}

/**
 * The settings of command line and environment; flags win.
 *
 * @param argv - arguments, without the paths of Node.js and the program
 * @throws CommanderError with `exitCode` if flags are wrong, and for `--help` and `--version`; what
 * there is to say is printed
 */
export function parseArguments(
  argv: readonly string[],
  { name, print = (text) => void process.stderr.write(text) }: ParseOptions = {},
): ProgramSettings {
  const command = createCommand(name).exitOverride().configureOutput({ writeErr: print });
  forgetEmptyVariables(command);
  command.parse(argv, { from: "user" });
  refuseEmptyKey(command);
  return settingsOf(command.opts<Flags>(), command);
}

/** The flags that `--help` shows. */
export function shownFlags(): Option[] {
  return createCommand().options.filter(({ hidden }) => !hidden);
}

function createCommand(name = "embeddinggemma-server"): Command {
  const command = new Command(name)
    .description(
      "EmbeddingGemma behind the HTTP APIs of Text Embeddings Inference, OpenAI, Ollama and txtai.",
    )
    .version(version, "-v, --version")
    .allowExcessArguments(false)
    .showHelpAfterError(`Run ${name} --help for all flags.`);
  const add = (flags: string, description: string, configure?: (option: Option) => Option) => {
    const option = new Option(flags, description);
    option.env(variableOf(option));
    command.addOption(configure?.(option) ?? option);
  };
  const number = (minimum: number, maximum?: number) => (option: Option) =>
    option.argParser(numberParser(minimum, maximum));

  add("-m, --model <model>", "folder, or repository on the Hub; also --model-id", (option) =>
    option.default(defaultModel).env("MODEL_ID"),
  );
  add("--revision <revision>", "branch, tag or commit on the Hub; the latest by default");
  add("--dtype <dtype>", "number format of the weights, such as fp32, q8 or q4; auto by default");
  add("--model-file <name>", "name of the ONNX file, if it is not the one of the dtype");
  add("--pooling <mode>", "how tokens become a vector, if the files of the model do not say it");
  add("--device <device>", "device that runs the model, such as cuda; cpu by default");
  add("--threads <count>", "threads of one inference; the number of cores by default", number(1));
  add("--workers <count>", "processes that run the model; auto; 0 for this one", (option) =>
    option.argParser(parseWorkers).default(1),
  );
  add(
    "--adapter <folder>",
    "folder of an adapter that was trained for the model, or one on the Hub",
  );
  add("--truncate-dim <dimensions>", "length of vectors; that of the model by default", number(1));
  add("--hf-token <token>", "token for the Hub");
  add("--cache-dir <folder>", "where downloads are stored", (option) =>
    option.env("HUGGINGFACE_HUB_CACHE"),
  );
  command.option("--offline", "download nothing");
  add("--served-model-name <name>", "name of the model in answers; that of --model by default");
  add("--default-prompt-name <name>", "name of the prompt for requests that name none", (option) =>
    option.conflicts("defaultPrompt"),
  );
  add("--default-prompt <prompt>", "prompt for requests that name none");
  add("--auto-truncate [boolean]", "cut inputs that are too long", (option) =>
    option.preset("true").argParser(parseBoolean).default(true),
  );
  add(
    "--max-concurrent-requests <count>",
    "requests in work at once; more get 429; 512 by default",
    number(1),
  );
  add("--max-batch-tokens <count>", "tokens of one inference; 1024 by default", number(1));
  add("--max-batch-requests <count>", "inputs of one inference; no limit by default", number(1));
  add(
    "--max-client-batch-size <count>",
    "inputs of one request to a route of TEI; 32 by default",
    number(1),
  );
  add(
    "--max-openai-batch-size <count>",
    "inputs of one request to other routes; 2048 by default",
    number(1),
  );
  add(
    "--payload-limit <bytes>",
    "bytes of one request to a route of TEI; 2000000 by default",
    number(1),
  );
  add(
    "--openai-payload-limit <bytes>",
    "bytes of one request to other routes; 32000000 by default",
    number(1),
  );
  add("--api-key <key>", "key that requests need, as a bearer token; none by default");
  add(
    "--cors-allow-origin <origins...>",
    "origins that browsers accept answers for; * for all; none by default",
    (option) => option.argParser(parseOrigins),
  );
  add("--store <folder>", "folder of the documents that txtai's routes search");
  add("--read-only [boolean]", "refuse changes of the documents", (option) =>
    option.preset("true").argParser(parseBoolean).default(false),
  );
  // Docker sets HOSTNAME to the id of the container, where a health check does not reach it.
  command.option("--hostname <address>", "address to listen on", "0.0.0.0");
  add(
    "-p, --port <port>",
    "port to listen on; 0 for any that is free; 3000 by default",
    number(0, 65_535),
  );
  add(
    "--request-timeout <seconds>",
    "time in which a client must send a request; 60 by default",
    number(1),
  );
  add(
    "--shutdown-timeout <seconds>",
    "time that running requests have on SIGTERM; 30 by default",
    number(0),
  );
  add("--json-output [boolean]", "write logs as JSON", (option) =>
    option.preset("true").argParser(parseBoolean).default(false),
  );
  add("--log-level <level>", "least level of logs", (option) =>
    option.choices(logLevels).default("info"),
  );
  for (const flags of unusedFlags) add(flags, "not used", (option) => option.hideHelp());
  for (const flags of otherNames) command.addOption(new Option(flags).hideHelp());
  // Many programs have this one.
  command.version(version, "-V").options.at(-1)!.hideHelp();
  return command;
}

/** Values of {@link createCommand}'s flags. */
interface Flags {
  model: string;
  modelId?: string;
  revision?: string;
  dtype?: string;
  modelFile?: string;
  pooling?: string;
  device?: string;
  threads?: number;
  workers: number | "auto";
  adapter?: string;
  truncateDim?: number;
  hfToken?: string;
  cacheDir?: string;
  huggingfaceHubCache?: string;
  offline?: boolean;
  servedModelName?: string;
  defaultPromptName?: string;
  defaultPrompt?: string;
  autoTruncate: boolean;
  maxConcurrentRequests?: number;
  maxBatchTokens?: number;
  maxBatchRequests?: number;
  maxClientBatchSize?: number;
  maxOpenaiBatchSize?: number;
  payloadLimit?: number;
  openaiPayloadLimit?: number;
  apiKey?: string;
  corsAllowOrigin?: string[];
  store?: string;
  readOnly: boolean;
  hostname: string;
  port?: number;
  requestTimeout?: number;
  shutdownTimeout?: number;
  jsonOutput: boolean;
  logLevel: string;
}

function settingsOf(flags: Flags, command: Command): ProgramSettings {
  const { model, modelId = model, workers, dtype, pooling } = flags;
  const load = {
    revision: flags.revision,
    dtype: dtype && (teiDtypes[dtype] ?? dtype),
    modelFile: flags.modelFile,
    pooling: pooling === "last-token" ? "lasttoken" : pooling,
    device: flags.device,
    threads: flags.threads,
    workers: workers === 0 ? undefined : workers,
    adapter: flags.adapter,
    truncateDim: flags.truncateDim,
    batchSize: flags.maxBatchRequests,
    token: flags.hfToken,
    cacheDir: flags.huggingfaceHubCache ?? flags.cacheDir,
    localFilesOnly: flags.offline,
  } as LoadOptions;
  const serve: ServeOptions = {
    servedModelName: flags.servedModelName,
    defaultPromptName: flags.defaultPromptName,
    defaultPrompt: flags.defaultPrompt,
    autoTruncate: flags.autoTruncate,
    maxConcurrentRequests: flags.maxConcurrentRequests,
    maxBatchTokens: flags.maxBatchTokens,
    maxClientBatchSize: flags.maxClientBatchSize,
    maxOpenAIBatchSize: flags.maxOpenaiBatchSize,
    payloadLimit: flags.payloadLimit,
    openAIPayloadLimit: flags.openaiPayloadLimit,
    apiKey: flags.apiKey,
    corsAllowOrigin: flags.corsAllowOrigin,
    hostname: flags.hostname,
    port: flags.port,
    requestTimeout: milliseconds(flags.requestTimeout),
    shutdownTimeout: milliseconds(flags.shutdownTimeout),
  };
  const { store, readOnly, jsonOutput, logLevel } = flags;
  const unused = command.options
    .filter(({ flags }) => unusedFlags.includes(flags))
    .filter((option) => command.getOptionValueSource(option.attributeName()) === "cli")
    .map(({ long }) => long!);
  if (readOnly && store === undefined) unused.push("--read-only");
  return { model: modelId, load, serve, store, readOnly, jsonOutput, logLevel, unused };
}

/** As in TEI: `--max-batch-tokens` is `MAX_BATCH_TOKENS`. */
function variableOf(option: Option): string {
  return option.long!.slice(2).replaceAll("-", "_").toUpperCase();
}

/** An empty variable is none, as compose files write it; but see {@link refuseEmptyKey}. */
function forgetEmptyVariables({ options }: Command): void {
  for (const { envVar } of options) {
    if (envVar && envVar !== "API_KEY" && process.env[envVar] === "") delete process.env[envVar];
  }
}

/** An empty key would protect nothing. */
function refuseEmptyKey(command: Command): void {
  if (command.getOptionValue("apiKey") !== "") return;
  const isVariable = command.getOptionValueSource("apiKey") === "env";
  const advice = isVariable ? "API_KEY is empty; unset it" : "--api-key is empty; leave it out";
  command.error(`error: ${advice}, or set a key.`);
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
