import { EmbeddingGemmaError, show } from "./errors.ts";
import type { LoadModelOptions } from "./model/load-model.ts";
import type { EncodeOptions } from "./options.ts";
import { weightsSuffixes } from "./runtime/dtype.ts";

/**
 * Checks the options of encoding.
 *
 * @param matryoshkaDimensions - what the model was trained for, longest first; left out while the
 * model is not loaded
 * @throws `INVALID_ARGUMENT`, `UNTRAINED_DIMENSION`
 */
export function checkEncodeOptions(
  options: EncodeOptions,
  matryoshkaDimensions?: readonly number[],
): void {
  const { truncateDim, allowUntrainedDim, normalize, truncation, maxBatchTokens, cache, ...rest } =
    options;
  if (truncateDim !== undefined)
    checkTruncateDim(truncateDim, allowUntrainedDim ?? false, matryoshkaDimensions);
  if (normalize !== undefined && typeof normalize !== "boolean")
    throw invalid("normalize", normalize, "true or false");
  if (truncation !== undefined && truncation !== "end" && truncation !== "error") {
    throw invalid("truncation", truncation, '"end" or "error"');
  }
  if (
    maxBatchTokens !== undefined &&
    !(typeof maxBatchTokens === "number" && maxBatchTokens >= 1)
  ) {
    throw invalid("maxBatchTokens", maxBatchTokens, "a number of at least 1");
  }
  if (cache && (typeof cache.getMany !== "function" || typeof cache.setMany !== "function")) {
    throw invalid(
      "cache",
      cache,
      "an object with getMany and setMany, such as a MemoryVectorCache",
    );
  }
  checkTypes(rest, { onTruncate: "function", onProgress: "function" });
  checkSignal(rest.signal);
}

/**
 * Checks the options of loading, as far as that can be done without the model.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function checkLoadOptions(model: unknown, options: LoadModelOptions): void {
  const { dtype, threads, maxTokens, worker, prompts, signal } = options;
  if (typeof model !== "string" || model === "")
    throw invalid("model", model, "a Hub id or a folder");
  if (dtype !== undefined && !Object.hasOwn(weightsSuffixes, dtype)) {
    throw invalid("dtype", dtype, `one of ${Object.keys(weightsSuffixes).join(", ")}`);
  }
  checkRenamed(options);
  checkTypes(options, loadOptionTypes);
  checkSignal(signal);
  checkPrompts(prompts);
  if (worker && typeof globalThis.process?.versions?.node !== "string") {
    throw invalid(
      "worker",
      worker,
      "false outside Node; in a browser, load the embedder in a Web Worker of your own",
    );
  }
  for (const [name, value] of Object.entries({ threads, maxTokens })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw invalid(name, value, "a whole number of at least 1");
    }
  }
}

function checkRenamed(options: object): void {
  if ((options as { onProgress?: unknown }).onProgress === undefined) return;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    "The load option `onProgress` is now called `onDownloadProgress`.",
    { option: "onProgress", newName: "onDownloadProgress" },
  );
}

const loadOptionTypes = {
  device: "string",
  revision: "string",
  token: "string",
  endpoint: "string",
  cacheDir: "string",
  localFilesOnly: "boolean",
  worker: "boolean",
  sessionOptions: "object",
  onDownloadProgress: "function",
} as const;

/** What each type is called in a message. */
const typeNames = {
  string: "a string",
  boolean: "true or false",
  function: "a function",
  object: "an object",
};

function checkTypes(
  options: object,
  types: Readonly<Record<string, keyof typeof typeNames>>,
): void {
  for (const [name, type] of Object.entries(types)) {
    const value = (options as Record<string, unknown>)[name];
    if (value === undefined || (typeof value === type && value !== null)) continue;
    throw invalid(name, value, typeNames[type]);
  }
}

function checkSignal(signal: unknown): void {
  if (signal === undefined || typeof (signal as AbortSignal | null)?.throwIfAborted === "function")
    return;
  throw invalid("signal", signal, "an AbortSignal");
}

function checkPrompts(prompts: unknown): void {
  if (prompts === undefined) return;
  const texts = typeof prompts === "object" && prompts !== null ? Object.values(prompts) : [null];
  if (texts.some((text) => typeof text !== "string")) {
    throw invalid("prompts", prompts, "an object of strings, prompt texts by their names");
  }
}

function checkTruncateDim(
  truncateDim: number,
  allowUntrained: boolean,
  trained: readonly number[] | undefined,
): void {
  const longest = trained?.[0] ?? Number.POSITIVE_INFINITY;
  if (!Number.isInteger(truncateDim) || truncateDim < 1 || truncateDim > longest) {
    const expected = trained
      ? `a whole number from 1 to ${longest}, the model's dimension`
      : "a whole number of at least 1";
    throw invalid("truncateDim", truncateDim, expected);
  }
  if (!allowUntrained && trained && !trained.includes(truncateDim)) {
    throw new EmbeddingGemmaError(
      "UNTRAINED_DIMENSION",
      `The model was not trained for vectors of ${truncateDim} numbers. Use ${trained.join(", ")}, or set allowUntrainedDim.`,
      { truncateDim, matryoshkaDimensions: trained },
    );
  }
}

function invalid(name: string, value: unknown, expected: string): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `${name} must be ${expected}; ${show(value)} was given.`,
    {
      [name]: value,
    },
  );
}
