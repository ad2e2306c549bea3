import type { VectorCache } from "./cache/vector-cache.ts";
import { invalidArgument, isRecord, oneOf, type Rule, type Rules, rules } from "./check.ts";
import type { EncodeProgress, Truncation } from "./encoding/encode-texts.ts";
import type { PromptOptions } from "./encoding/prompts.ts";
import { EmbeddingGemmaError } from "./errors.ts";
import type { LoadModelOptions } from "./model/load-model.ts";
import { poolingModeNames } from "./model/modules.ts";
import { weightsSuffixes } from "./runtime/dtype.ts";

/** What every call of an embedder does unless the call says otherwise. */
export interface EncodeDefaults {
  /**
   * Keep only this many leading numbers of each vector (Matryoshka): for EmbeddingGemma 768, 512,
   * 256 or 128.
   *
   * @default the `truncate_dim` of the model, if it has one, else its full dimension
   */
  truncateDim?: number | undefined;
  /** Allow a `truncateDim` that the model was not trained for. @default false */
  allowUntrainedDim?: boolean | undefined;
  /**
   * Scale each vector to unit length, after truncation. `false` gives what Sentence Transformers
   * gives by default: a truncated vector that is not of unit length.
   *
   * @default true
   */
  normalize?: boolean | undefined;
  /**
   * What happens to a text with more than `maxTokens` tokens: `"cut"` drops what is too long, at
   * the end or, if the model says so, at the beginning; `"error"` fails the call with
   * `INPUT_TOO_LONG`.
   *
   * @default "cut"
   */
  truncation?: "cut" | "error" | undefined;
  /** Called for each text that is cut. */
  onTruncate?: ((truncation: Truncation) => void) | undefined;
  /**
   * Maximum number of tokens in one inference, padding included. On a CPU a larger budget takes
   * memory and is no faster once all cores are busy.
   *
   * @default 1024
   */
  maxBatchTokens?: number | undefined;
  /**
   * Where vectors are kept, so that a text is embedded only once; null for nowhere. One cache
   * serves every `truncateDim`, `normalize` and model. The embedder does not close it.
   *
   * @default null
   */
  cache?: VectorCache | null | undefined;
}

/** Options of one call: what the embedder does by default, the prompt, progress and abort. */
export interface EncodeOptions extends EncodeDefaults, PromptOptions {
  /** Called after each batch, and once for all texts found in the cache. */
  onProgress?: ((progress: EncodeProgress) => void) | undefined;
  /** Stops the call before its next batch; it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Options of {@link Embedder.load}. */
export interface LoadOptions extends LoadModelOptions, EncodeDefaults {}

export const promptRules: Rules<PromptOptions> = { promptName: rules.text, prompt: rules.text };

export const encodeDefaultsRules: Rules<EncodeDefaults> = {
  truncateDim: rules.count,
  allowUntrainedDim: rules.flag,
  normalize: rules.flag,
  truncation: {
    expected: '"cut" or "error"',
    accepts: (value) => value === "cut" || value === "error",
    hint: (value) => (value === "end" ? '"end" is now called "cut".' : undefined),
  },
  onTruncate: rules.callback,
  maxBatchTokens: {
    expected: "a number of at least 1",
    accepts: (value) => typeof value === "number" && value >= 1,
  },
  cache: {
    expected: "an object with getMany and setMany, such as a MemoryVectorCache",
    accepts: (value) => value === null || isCache(value),
  },
};

export const encodeRules: Rules<EncodeOptions> = {
  ...encodeDefaultsRules,
  ...promptRules,
  onProgress: rules.callback,
  signal: rules.signal,
};

export const modelRule: Rule = {
  expected: "a Hub id or a folder",
  accepts: (value) => typeof value === "string" && value !== "",
};

/** Options of loading before 0.2.0. */
export const renamedLoadOptions = { onProgress: "onDownloadProgress" };

export const loadRules: Rules<LoadOptions> = {
  ...encodeDefaultsRules,
  dtype: oneOf(Object.keys(weightsSuffixes)),
  device: rules.text,
  threads: rules.count,
  sessionOptions: rules.object,
  worker: {
    expected: "true or false, and false in browsers",
    accepts: (value) => value === false || (value === true && isNode()),
    hint: (value) =>
      value === true ? "Load the embedder in a Web Worker of your own instead." : undefined,
  },
  prompts: {
    expected: "an object of strings, prompt texts by their names",
    accepts: (value) => isRecord(value) && Object.values(value).every(rules.text.accepts),
  },
  pooling: {
    expected: `one or several of ${poolingModeNames.join(", ")}`,
    accepts: (value) => {
      const modes = [value].flat();
      return modes.length > 0 && modes.every((mode) => poolingModeNames.includes(mode as never));
    },
  },
  maxTokens: rules.count,
  revision: rules.text,
  token: rules.text,
  endpoint: rules.text,
  cacheDir: rules.text,
  localFilesOnly: rules.flag,
  onDownloadProgress: rules.callback,
  signal: rules.signal,
};

/**
 * Checks `truncateDim` against a model.
 *
 * @param trained - dimensions that the model was trained for, longest first
 * @throws `INVALID_ARGUMENT` over the model's dimension, `UNTRAINED_DIMENSION`
 */
export function checkTruncateDim(
  { truncateDim, allowUntrainedDim }: EncodeDefaults,
  trained: readonly number[],
): void {
  if (truncateDim === undefined || trained.includes(truncateDim)) return;
  const longest = trained[0]!;
  if (truncateDim > longest) {
    const expected = `a whole number from 1 to ${longest}, the model's dimension`;
    throw invalidArgument("truncateDim", truncateDim, expected);
  }
  if (allowUntrainedDim) return;
  throw new EmbeddingGemmaError(
    "UNTRAINED_DIMENSION",
    `The model was not trained for vectors of ${truncateDim} numbers. ` +
      `Use ${trained.join(", ")}, or set allowUntrainedDim.`,
    { truncateDim, matryoshkaDimensions: trained },
  );
}

/** Separates the options that decide what is loaded from the defaults of calls. */
export function splitOptions(options: LoadOptions): {
  loading: LoadModelOptions;
  encoding: EncodeDefaults;
} {
  const loading: Record<string, unknown> = {};
  const encoding: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    (Object.hasOwn(encodeDefaultsRules, name) ? encoding : loading)[name] = value;
  }
  return { loading, encoding };
}

function isCache(value: unknown): boolean {
  const { getMany, setMany } = Object(value) as Partial<VectorCache>;
  return typeof getMany === "function" && typeof setMany === "function";
}

/** Whether worker threads are there: in Node, and in Bun and Deno, which name its version too. */
function isNode(): boolean {
  return typeof globalThis.process?.versions?.node === "string";
}
