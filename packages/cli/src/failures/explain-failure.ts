import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { FaissStoreError } from "@embeddinggemma/faiss";
import { CommandError } from "./command-error.ts";
import { exitCodes } from "./exit-codes.ts";

/** What to say of an error, and the exit code. */
export interface Explanation {
  readonly message: string;
  readonly exitCode: number;
}

/** Explains an error: those of this project say what to do; of others, the stack is useful. */
export function explainFailure(error: unknown): Explanation {
  if (error instanceof CommandError) return error;
  if (EmbeddingGemmaError.isInstance(error) || FaissStoreError.isInstance(error)) {
    const exitCode = usageCodes.has(error.code) ? exitCodes.usage : exitCodes.failed;
    return { message: withFlags(error.message), exitCode };
  }
  return { message: unexpected(error), exitCode: exitCodes.failed };
}

/** Some values of flags are wrong only for the chosen model. */
const usageCodes: ReadonlySet<string> = new Set([
  "INVALID_ARGUMENT",
  "UNKNOWN_PROMPT",
  "UNTRAINED_DIMENSION",
]);

function unexpected(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Of the operating system: the message names the file.
  if ("syscall" in error) return error.message;
  return error.stack ?? error.message;
}

/** The packages speak of their options. Here, they are flags. */
function withFlags(message: string): string {
  const said = phrases.reduce((text, [own, here]) => text.replace(own, here), message);
  return said.replaceAll(
    /(?:the option )?`(adapter|cacheDir|device|dtype|model|revision|threads|truncateDim)`/g,
    (_, option: string) =>
      `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  );
}

/** Phrases of the packages that need more than the name of a flag, and what is said here. */
export const phrases = [
  ["set HF_TOKEN or the option `token`,", "set HF_TOKEN,"],
  ["the option `token`, or the environment variable HF_TOKEN", "the environment variable HF_TOKEN"],
  [", or set allowUntrainedDim", ""],
  [", or leave such judgements out with `ignoreUnknown: true`", ", or remove such judgements"],
  ["For any other prompt, use the option `prompt`.", "For any other prompt: `embed --prompt`."],
  ["localFilesOnly or HF_HUB_OFFLINE", "--offline or HF_HUB_OFFLINE"],
  [
    "Load the model once while online, with the same options.",
    "Run `embeddinggemma models download` with the model while online.",
  ],
  [
    "Load it once while online,",
    "Run `embeddinggemma models download` with the model while online,",
  ],
] as const;
