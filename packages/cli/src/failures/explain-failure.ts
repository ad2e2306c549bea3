import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { FaissStoreError } from "@embeddinggemma/faiss";
import { withFlags } from "@embeddinggemma/internal";
import { flagName } from "../flag-name.ts";
import { CommandError } from "./command-error.ts";
import { exitCodes } from "./exit-codes.ts";
import { fileFailure, withoutCodes } from "./file-failure.ts";

/** What to say of an error, and the exit code. */
interface Explanation {
  /** What went wrong. It can have the advice, too. */
  readonly reason: string;
  /** What to do. */
  readonly advice: string | undefined;
  /** Both. */
  readonly message: string;
  readonly exitCode: number;
}

/** Explains an error: those of this project say what to do; of others, the stack is useful. */
export function explainFailure(error: unknown): Explanation {
  const { reason, advice, exitCode } = explain(error);
  return { reason, advice, message: advice ? `${reason} ${advice}` : reason, exitCode };
}

function explain(error: unknown): Omit<Explanation, "message"> {
  if (error instanceof CommandError)
    return { reason: error.message, advice: undefined, exitCode: error.exitCode };
  if (EmbeddingGemmaError.isInstance(error) || FaissStoreError.isInstance(error)) {
    const exitCode = usageCodes.has(error.code) ? exitCodes.usage : exitCodes.failed;
    return { ...explainOwn(error), exitCode };
  }
  return { reason: unexpected(error), advice: undefined, exitCode: exitCodes.failed };
}

/** Some values of flags are wrong only for the chosen model. */
const usageCodes: ReadonlySet<string> = new Set([
  "INVALID_ARGUMENT",
  "UNKNOWN_PROMPT",
  "UNTRAINED_DIMENSION",
]);

type OwnError = EmbeddingGemmaError | FaissStoreError;

function explainOwn(error: OwnError): Pick<Explanation, "reason" | "advice"> {
  const { message, details } = error;
  const whole = { reason: inFlags(withoutCodes(message, error)), advice: undefined };
  if (typeof details.reason !== "string") return whole;
  const reason = withoutCodes(details.reason, error);
  const here = adviceHere(error);
  if (here) return { reason, advice: inFlags(withAlternative(here, details)) };
  if (!message.startsWith(details.reason)) return whole;
  const advice = withoutCodes(message.slice(details.reason.length).trim(), error);
  return { reason, advice: inFlags(advice) };
}

/** Advice in place of that of the packages, where theirs is about code. */
function adviceHere({ code, details }: OwnError): string | undefined {
  if (code === "UNTRAINED_DIMENSION")
    return `Use --truncate-dim with ${(details.matryoshkaDimensions as number[]).join(", ")}.`;
  if (code === "UNKNOWN_PROMPT") return "For any other prompt: `embed --prompt`.";
  if (details.option === "prompts")
    return "Use a server with a model whose prompts are known, such as EmbeddingGemma.";
  if (code === "ADAPTER_MISMATCH" && details.url !== undefined)
    return "Give a copy of the adapter's folder as --adapter. To do without it, add --no-adapter.";
  if (details.serverPrompt !== undefined)
    return "Start the server without --default-prompt-name and --default-prompt.";
  if (details.option === "token") return "Check the environment variable HF_TOKEN.";
  if (details.offline) {
    const cause = code === "MODEL_NOT_FOUND" ? "" : ", or the Hub cannot be reached";
    const { download } = details;
    const todo =
      typeof download === "string"
        ? `run \`${download}\`, or give the path of a folder with the model`
        : "run the command once, which downloads the adapter, or give the path of its folder";
    return `--offline or HF_HUB_OFFLINE is set${cause}. While online, ${todo}.`;
  }
  return undefined;
}

/** The advice of `loadModel`, which holds here, too. */
function withAlternative(advice: string, { alternative }: OwnError["details"]): string {
  return typeof alternative === "string" ? `${advice}\n\n${alternative}` : advice;
}

/** The packages speak of their options. Here, they are flags. */
function inFlags(message: string): string {
  return withFlags(message, flags)
    .replaceAll(/ \(set (?:subfolder|modelFile): [^)]*\)/g, " (in code only)")
    .replace(/ If you are sure that it fits, set `allowMismatch`: `[^`]*`\./, "")
    .replace(", { folder, allowMismatch }, an Adapter, or null", "")
    .replace(/Set the option `tokenizer` to .*$/s, tokenCounters)
    .replace(" In code, `ignoreUnknown: true` leaves them out.", "")
    .replace(" For qrels of TREC, use readTrecQrels.", "")
    .replace(": read it with readTrecQrels.", ": remove the second one.")
    .replaceAll("pass it to Embedder.load as the model", "pass it as --model");
}

const tokenCounters =
  "Use a server that counts tokens: `embeddinggemma serve`, or Text Embeddings Inference.";

/** Options that are flags of the same name. */
const options = [
  ...[
    "adapter",
    "apiKey",
    "cacheDir",
    "device",
    "dtype",
    "model",
    "revision",
    "threads",
    "truncateDim",
  ],
  ...["batchSize", "epochs", "learningRate", "loss", "metric", "rank", "seed", "sides"],
];

const flags = Object.fromEntries(options.map((option) => [option, flagName(option)]));

function unexpected(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Of the operating system.
  const { syscall, path } = error as NodeJS.ErrnoException;
  if (syscall !== undefined) return path ? `${path}: ${fileFailure(error)}.` : error.message;
  return error.stack ?? error.message;
}
