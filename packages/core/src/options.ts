import { type AdapterOption, adapterRule } from "./adapter/adapter-option.ts";
import type { VectorCache } from "./cache/vector-cache.ts";
import { invalidArgument, isObject, isUrl, oneOf, type Rule, type Rules, rules } from "./check.ts";
import type { EncodeProgress } from "./encoding/encode-texts.ts";
import type { PromptOptions } from "./encoding/prompts.ts";
import type { EncodeStatistics, Truncation } from "./encoding/run-texts.ts";
import { EmbeddingGemmaError } from "./errors.ts";
import type { ModelDescription } from "./model/description.ts";
import type { LoadModelOptions } from "./model/load-model.ts";
import { poolingModeNames } from "./model/modules.ts";
import { weightsSuffixes } from "./runtime/dtype.ts";
import { isInnerPath, withoutSlash } from "./runtime/graph-file.ts";

/** Defaults for the calls of an embedder. Each call can override them. */
export interface EncodeDefaults {
  /**
   * Keep only the first dimensions of each vector (Matryoshka). EmbeddingGemma was trained for 768,
   * 512, 256 and 128 dimensions.
   *
   * @default the model's `truncate_dim` if it has one, else its full dimension
   */
  truncateDim?: number | undefined;
  /** Allow a `truncateDim` that the model was not trained for. @default false */
  allowUntrainedDim?: boolean | undefined;
  /**
   * Scale each vector to unit length, after truncation. With `false`, a truncated vector is not of
   * unit length, as in Sentence Transformers by default.
   *
   * @default true
   */
  normalize?: boolean | undefined;
  /**
   * What to do with a text of more than `maxTokens` tokens. `"cut"` removes the excess tokens from
   * its end, or from its beginning if the model says so. `"error"` rejects the call with
   * `INPUT_TOO_LONG`.
   *
   * @default "cut"
   */
  truncation?: "cut" | "error" | undefined;
  /** Called for each text that is cut. */
  onTruncate?: ((truncation: Truncation) => void) | undefined;
  /**
   * Maximum number of tokens in one inference, padding included. A larger value takes more memory,
   * and on a CPU it is no faster once all cores are busy.
   *
   * @default 1024
   */
  maxBatchTokens?: number | undefined;
  /**
   * Maximum number of texts in one inference. With `1`, every text is embedded alone, so that its
   * vector never depends on other texts; see {@link Embedder.batchInvariant}.
   *
   * @default no limit but `maxBatchTokens`
   */
  batchSize?: number | undefined;
  /**
   * Cache of vectors, so that each text is embedded only once. Vectors of any model, `truncateDim`
   * and `normalize` can share one cache. The embedder does not close it. If a vector may depend on
   * its batch, it is only cached if it was computed alone; see {@link Embedder.batchInvariant}.
   *
   * @default null, no cache
   */
  cache?: VectorCache | null | undefined;
}

/** Defaults of the options of calls, for all models. `truncateDim` depends on the model. */
export const encodeDefaults = {
  normalize: true,
  truncation: "cut",
  maxBatchTokens: 1024,
} as const satisfies EncodeDefaults;

/** Options of one call: overrides of the embedder's defaults, the prompt, progress and abort. */
export interface EncodeOptions extends EncodeDefaults, PromptOptions {
  /**
   * The side on which a text that is too long is cut.
   *
   * @default the side that the model's tokenizer says, usually "right", the end
   */
  truncationSide?: "left" | "right" | undefined;
  /** Called after each batch, and once for all texts found in the cache. */
  onProgress?: ((progress: EncodeProgress) => void) | undefined;
  /** Called when all texts are embedded, with the number of their tokens, and times. */
  onFinish?: ((statistics: EncodeStatistics) => void) | undefined;
  /** Aborts the call, which rejects at once with the signal's reason. A running batch ends. */
  signal?: AbortSignal | undefined;
}

/** Options of {@link Embedder.encodeTokens}: those of a call without a prompt. */
export type EncodeTokensOptions = Omit<EncodeOptions, keyof PromptOptions>;

/** Options of {@link Embedder.encodeTokenEmbeddings}, which have no finished vectors. */
export type TokenEmbeddingsOptions = Omit<
  EncodeOptions,
  "truncateDim" | "allowUntrainedDim" | "normalize" | "cache" | "onProgress"
>;

/** Options of {@link Embedder.countTokens}: the prompt, special tokens and an abort. */
export interface CountOptions extends PromptOptions {
  /** Whether to count the tokens that the tokenizer adds, such as `<bos>`. @default true */
  addSpecialTokens?: boolean | undefined;
  /** Aborts the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** The option that gives an embedder an adapter. */
export interface AdapterOptions {
  /**
   * A linear map that was trained for this model, which changes the vectors of queries, or of all
   * texts: a folder or URL of one, or an {@link Adapter}. The caches of vectors keep those of the
   * model, so one serves every adapter.
   *
   * @default none
   */
  adapter?: AdapterOption | null | undefined;
}

/** Options of {@link Embedder.load}. */
export interface LoadOptions extends LoadModelOptions, EncodeDefaults, AdapterOptions {}

/** Options of {@link Embedder.tokenize}: the prompt, and special tokens. */
export interface TokenizeTextOptions extends PromptOptions {
  /** Whether to include the tokens that the tokenizer adds, such as `<bos>`. @default true */
  addSpecialTokens?: boolean | undefined;
  /** Aborts the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export const promptRules: Rules<PromptOptions> = { promptName: rules.text, prompt: rules.text };

export const countRules: Rules<CountOptions> = {
  ...promptRules,
  addSpecialTokens: rules.flag,
  signal: rules.signal,
};

export const tokenizeTextRules: Rules<TokenizeTextOptions> = {
  ...promptRules,
  addSpecialTokens: rules.flag,
  signal: rules.signal,
};

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
  batchSize: rules.count,
  cache: {
    expected: "an object with getMany and setMany, such as a MemoryVectorCache",
    accepts: (value) => value === null || isCache(value),
  },
};

export const encodeRules: Rules<EncodeOptions> = {
  ...encodeDefaultsRules,
  ...promptRules,
  truncationSide: oneOf(["left", "right"]),
  onProgress: rules.callback,
  onFinish: rules.callback,
  signal: rules.signal,
};

const { prompt: _prompt, promptName: _promptName, ...promptless } = encodeRules;

export const encodeTokensRules: Rules<EncodeTokensOptions> = promptless;

export const tokenEmbeddingsRules: Rules<TokenEmbeddingsOptions> = {
  ...promptRules,
  truncation: encodeRules.truncation,
  truncationSide: encodeRules.truncationSide,
  onTruncate: encodeRules.onTruncate,
  maxBatchTokens: encodeRules.maxBatchTokens,
  batchSize: encodeRules.batchSize,
  onFinish: encodeRules.onFinish,
  signal: encodeRules.signal,
};

export const nameRule: Rule = {
  expected: "a name",
  accepts: (value) => typeof value === "string" && value !== "",
};

export const modelRule: Rule = {
  expected: "a Hub id or a folder",
  accepts: (value) => nameRule.accepts(value) || isUrl(value),
};

/** Load options that were renamed in 0.2.0. */
export const renamedLoadOptions = { onProgress: "onDownloadProgress" };

export const loadRules: Rules<LoadOptions> = {
  ...encodeDefaultsRules,
  adapter: adapterRule,
  dtype: oneOf([...Object.keys(weightsSuffixes), "auto"]),
  modelFile: {
    expected:
      'the name of an ONNX file, such as "model_no_gather_q4", or its path in the folder of the ' +
      'model, with "/" and without ".."',
    accepts: (value) => typeof value === "string" && isInnerPath(value),
  },
  subfolder: {
    expected: 'a folder in that of the model, such as "onnx", without ".."; or "" for none',
    accepts: (value) =>
      typeof value === "string" && (value === "" || isInnerPath(withoutSlash(value))),
  },
  device: rules.text,
  threads: rules.count,
  sessionOptions: rules.object,
  worker: isNode() ? rules.flag : notInBrowsers("false", (value) => value === false),
  workers: isNode()
    ? {
        expected: 'a whole number of at least 1, or "auto"',
        accepts: (value) => value === "auto" || rules.count.accepts(value),
      }
    : notInBrowsers("left out", () => false),
  prompts: {
    expected: "an object of strings, the prompts by name",
    accepts: (value) => isObject(value) && Object.values(value).every(rules.text.accepts),
  },
  pooling: {
    expected: `one or more of ${poolingModeNames.join(", ")}`,
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
 * Checks `truncateDim` for a model. If it is not known which dimensions the model was trained for,
 * any is accepted, as in Sentence Transformers.
 *
 * @throws `INVALID_ARGUMENT` if it exceeds the model's dimension, `UNTRAINED_DIMENSION`
 */
export function checkTruncateDim(
  { truncateDim, allowUntrainedDim }: EncodeDefaults,
  {
    dimension,
    matryoshkaDimensions: trained,
    anyDimension,
  }: Pick<ModelDescription, "dimension" | "matryoshkaDimensions" | "anyDimension">,
): void {
  if (truncateDim === undefined || trained.includes(truncateDim)) return;
  if (truncateDim > dimension) {
    const expected = `a whole number from 1 to ${dimension}, the model's dimension`;
    throw invalidArgument("truncateDim", truncateDim, expected);
  }
  if (allowUntrainedDim || anyDimension) return;
  const reason = `The model was not trained for ${truncateDim} dimensions.`;
  throw new EmbeddingGemmaError(
    "UNTRAINED_DIMENSION",
    `${reason} Use ${trained.join(", ")}, or set allowUntrainedDim.`,
    { truncateDim, matryoshkaDimensions: trained, reason },
  );
}

/** Splits load options into those that decide what is loaded and the defaults of calls. */
export function splitOptions(options: Omit<LoadOptions, "adapter">): {
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

function notInBrowsers(expected: string, accepts: Rule["accepts"]): Rule {
  return {
    expected: `${expected}, since browsers do not support it`,
    accepts,
    hint: () => "Load the embedder in a Web Worker of your own instead.",
  };
}

/** Whether child processes are supported: in Node, Bun and Deno, which all have this version. */
function isNode(): boolean {
  return typeof globalThis.process?.versions?.node === "string";
}
