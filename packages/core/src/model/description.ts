import { invalidArgument } from "../check.ts";
import { EmbeddingGemmaError, show } from "../errors.ts";
import type { SimilarityFunction } from "../vectors/similarity.ts";
import { isTrainedWithPrompts, lookUpModel } from "./families.ts";
import {
  invalidFile,
  type JsonObject,
  modelFiles,
  type ReadModelFile,
  unsupported,
} from "./json-file.ts";
import type { DtypeRules, ModelFamily, SelfCheckValues } from "./model-family.ts";
import type { ModelModules, PoolingMode } from "./modules.ts";
import { readModules } from "./modules.ts";
import {
  defaultPromptNameOf,
  promptsOf,
  readSentenceConfig,
  similarityFunctionOf,
} from "./sentence-config.ts";
import { readTextSettings } from "./text-settings.ts";

/** Everything that the vector of a text depends on, apart from the weights. */
export interface ModelDescription {
  /** Prompts by name. `query` and `document` always exist, and are empty if the model has none. */
  readonly prompts: Readonly<Record<string, string>>;
  readonly defaultPromptName: string | null;
  readonly similarityFunction: SimilarityFunction;
  /** Maximum length of an input in tokens, prompt and special tokens included. */
  readonly maxTokens: number;
  /** The side on which a text that is too long is cut. @default "right" */
  readonly truncationSide?: "left" | "right";
  /** Whether texts are lowercased before tokenizing. @default false */
  readonly lowerCase?: boolean;
  /** Pooling modes for the last hidden states. The results of several modes are concatenated. */
  readonly pooling: readonly PoolingMode[];
  /**
   * Who says how to pool: the option `pooling`, if the model's files do not say the same; these
   * files; or the table of model families.
   */
  readonly poolingSource?: "option" | "files" | "family";
  /**
   * Whether to pool the hidden states although the ONNX graph gives finished vectors, because it
   * pools them differently. @default false
   */
  readonly poolsHiddenStates?: boolean;
  /** Whether the tokens of the prompt are pooled too. */
  readonly includePrompt: boolean;
  /** Number of Dense and LayerNorm layers after the pooling. The ONNX graph must contain them. */
  readonly denseLayers: number;
  /** Whether the model has a Normalize module. */
  readonly normalized: boolean;
  /** Length of a full vector. */
  readonly dimension: number;
  /**
   * Dimensions that the model was trained for (Matryoshka), longest first. Only `dimension` if it
   * was trained for no others.
   */
  readonly matryoshkaDimensions: readonly number[];
  /**
   * Whether it is not known which dimensions the model was trained for, so that any is accepted.
   * `matryoshkaDimensions` are then those that its files name.
   *
   * @default false
   */
  readonly anyDimension?: boolean;
  /** The `truncate_dim` that the model sets for itself; null or missing if it sets none. */
  readonly truncateDim?: number | null;
  /** Published scores of a few texts; null if there are none. */
  readonly selfCheck: SelfCheckValues | null;
  readonly family: ModelFamily | null;
  /** dtypes and devices that give wrong vectors; null or missing if none are known. */
  readonly dtypeRules?: DtypeRules | null;
}

/** What a model's files say. */
export interface DescribedModel extends ModelDescription {
  /**
   * Whether `config_sentence_transformers.json` is missing, and with it the prompts, although
   * models of this architecture are trained with prompts.
   */
  readonly lacksPrompts: boolean;
}

/** Parts of the description that a caller can override. */
export interface DescriptionOverrides {
  /**
   * Prompts by name, which replace all prompts of the model. `encodeQuery` uses `query`, and
   * `encodeDocument` uses `document`, or no prompt if you leave them out. Other names are for the
   * option `promptName`.
   */
  prompts?: Readonly<Record<string, string>> | undefined;
  /**
   * Pooling, which replaces that of the model. Needed if the model's files do not say it. It is
   * refused if it cannot take effect: for models with Dense layers after the pooling, such as
   * EmbeddingGemma, and for ONNX graphs that give finished vectors only.
   */
  pooling?: PoolingMode | readonly PoolingMode[] | undefined;
  /**
   * Maximum length of an input in tokens, prompt and special tokens included. A value above the
   * model's own limit has no effect.
   */
  maxTokens?: number | undefined;
}

/**
 * Reads how a model turns a text into a vector, as Sentence Transformers 6.2 does: `modules.json`
 * lists the modules, each with its own `config.json`. What these files do not say comes from the
 * table of model families.
 *
 * @throws `INVALID_ARGUMENT` if the option `pooling` cannot take effect; `MODEL_FILE_MISSING` if
 * there is no `config.json` or a module lacks its own; `MODEL_FILE_INVALID` for a file with invalid
 * content; `MODEL_NOT_DESCRIBED` if neither the files nor the table say how to pool, or if the
 * files ask for something that is not supported
 */
export async function describeModel(
  model: string,
  read: ReadModelFile,
  overrides: DescriptionOverrides = {},
): Promise<DescribedModel> {
  const files = modelFiles(model, read);
  const config = await files.readObject("config.json");
  if (config === null) {
    throw new EmbeddingGemmaError(
      "MODEL_FILE_MISSING",
      `${show(model)} has no config.json, ` +
        "so it is not a model folder or repository that Transformers.js can load.",
      { model, file: "config.json" },
    );
  }
  const { family, base, selfCheck } = lookUpModel(model, config.fields);
  const modules = await readModules(files);
  const described = modules?.pooling ?? family?.pooling;
  const pooling = overrides.pooling ? [overrides.pooling].flat() : described;
  if (!pooling) {
    throw new EmbeddingGemmaError(
      "MODEL_NOT_DESCRIBED",
      `${show(model)} has no modules.json and belongs to no family that this package knows, ` +
        "so its pooling is unknown. Use a repository with the files of Sentence Transformers, " +
        "or set the option `pooling`, and `prompts` if the model needs them.",
      { model, file: "modules.json" },
    );
  }
  const sentenceConfig = await readSentenceConfig(files, modules !== null);
  const textSettings = await readTextSettings(files, config, modules, base);
  const denseLayers = modules?.denseLayers ?? base?.denseLayers ?? 0;
  const pooledFirst = modules?.pooling ?? base?.pooling;
  if (denseLayers > 0 && pooledFirst && !isSame(pooling, pooledFirst))
    throw poolingBeforeDense(pooling, pooledFirst, denseLayers);
  const dimension = dimensionOf(config, modules, base, pooling);
  const shorter = sentenceConfig?.size("truncate_dim");
  const truncateDim = shorter === undefined ? null : Math.min(shorter, dimension);
  // Published scores do not apply to other prompts or another pooling.
  const isRedescribed = overrides.prompts !== undefined || overrides.pooling !== undefined;
  const prompts = {
    query: "",
    document: "",
    ...(overrides.prompts ?? promptsOf(sentenceConfig, family)),
  };
  const includePrompt = modules?.includePrompt ?? true;
  if (denseLayers > 0 && !includePrompt && hasPrompts({ prompts })) throw promptIsPooled(model);
  return {
    prompts,
    defaultPromptName: defaultPromptNameOf(sentenceConfig, prompts, !overrides.prompts),
    similarityFunction: similarityFunctionOf(sentenceConfig),
    ...textSettings,
    maxTokens: Math.min(overrides.maxTokens ?? Number.POSITIVE_INFINITY, textSettings.maxTokens),
    pooling,
    poolingSource: poolingSourceOf(overrides, modules, pooling),
    includePrompt,
    denseLayers,
    normalized: modules?.normalized ?? base?.normalized ?? false,
    dimension,
    ...trainedDimensionsOf(config, base, dimension, truncateDim),
    truncateDim,
    lacksPrompts:
      sentenceConfig === null &&
      family === null &&
      overrides.prompts === undefined &&
      isTrainedWithPrompts(config.fields),
    selfCheck: isRedescribed ? null : (selfCheckOf(config) ?? selfCheck),
    family,
    dtypeRules: base,
  };
}

function poolingSourceOf(
  overrides: DescriptionOverrides,
  modules: ModelModules | null,
  pooling: readonly PoolingMode[],
): NonNullable<ModelDescription["poolingSource"]> {
  if (modules && isSame(pooling, modules.pooling)) return "files";
  return overrides.pooling ? "option" : "family";
}

/**
 * Length of a full vector. The width of one pooling mode is that of the model's files, else of the
 * family, else the hidden size.
 */
function dimensionOf(
  config: JsonObject,
  modules: ModelModules | null,
  family: ModelFamily | null,
  pooling: readonly PoolingMode[],
): number {
  const described = modules ?? family;
  if (described?.dimension === undefined) return pooling.length * hiddenSizeOf(config);
  return (described.dimension / described.pooling.length) * pooling.length;
}

function isSame(a: readonly PoolingMode[], b: readonly PoolingMode[]): boolean {
  return a.length === b.length && a.every((mode, index) => mode === b[index]);
}

/** The ONNX graph contains the Dense layers, and so the pooling before them. */
function poolingBeforeDense(
  pooling: readonly PoolingMode[],
  described: readonly PoolingMode[],
  denseLayers: number,
): Error {
  return invalidArgument(
    "pooling",
    pooling.join(", "),
    `${described.join(", ")} for this model`,
    `It has ${denseLayers} Dense layers after its pooling, which are part of its ONNX graph ` +
      "together with the pooling. Leave the option out.",
  );
}

/** The error for a graph whose pooling includes the prompt, against the model's settings. */
export function promptIsPooled(model: string): EmbeddingGemmaError {
  return unsupported(
    { model, file: "modules.json" },
    "leaves prompts out of the pooling (include_prompt is false), but its ONNX graph pools itself",
  );
}

export function hasPrompts({ prompts }: Pick<ModelDescription, "prompts">): boolean {
  return Object.values(prompts).some((prompt) => prompt !== "");
}

/** `hidden_size`, or what DistilBERT, Nomic's BERT and T5 call it. */
function hiddenSizeOf(config: JsonObject): number {
  const text = config.object("text_config") ?? config;
  const size =
    text.size("hidden_size") ?? text.size("dim") ?? text.size("n_embd") ?? text.size("d_model");
  if (size !== undefined) return size;
  throw invalidFile(config.model, config.file, "has no hidden_size");
}

/**
 * The full dimension, the trained ones, and the model's own `truncate_dim`. The trained ones are
 * `matryoshka_dimensions` of `config.json` (a name that Jina and vLLM use), else those of the base.
 */
function trainedDimensionsOf(
  config: JsonObject,
  base: ModelFamily | null,
  dimension: number,
  truncateDim: number | null,
): Pick<ModelDescription, "matryoshkaDimensions" | "anyDimension"> {
  const trained = config.sizes("matryoshka_dimensions") ?? base?.matryoshkaDimensions;
  const dimensions = new Set([
    dimension,
    ...(trained ?? []),
    ...(truncateDim === null ? [] : [truncateDim]),
  ]);
  return {
    matryoshkaDimensions: [...dimensions].filter((size) => size <= dimension).sort((a, b) => b - a),
    anyDimension: trained === undefined,
  };
}

/** Reads `self_check`, a field defined by this package; see {@link SelfCheckValues}. */
function selfCheckOf(config: JsonObject): SelfCheckValues | undefined {
  const values = config.object("self_check");
  if (values === undefined) return undefined;
  const query = values.text("query");
  const scores = values.object("scores")?.fields;
  const { documents } = values.fields;
  if (query !== undefined && scores && isList(documents, "string")) {
    const areComplete = Object.values(scores).every(
      (row) => isList(row, "number") && row.length === documents.length,
    );
    if (areComplete) return { query, documents, scores } as SelfCheckValues;
  }
  throw config.invalid(
    "self_check",
    "a query, documents, and the score of each document by dimension",
  );
}

function isList(value: unknown, type: "string" | "number"): value is unknown[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === type);
}
