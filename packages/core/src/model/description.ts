import { EmbeddingGemmaError, show } from "../errors.ts";
import type { SimilarityFunction } from "../vectors/similarity.ts";
import type { SelfCheckValues } from "./families.ts";
import { type DtypeRules, lookUpModel, type ModelFamily } from "./families.ts";
import {
  invalidFile,
  type JsonObject,
  modelFiles,
  type ReadModelFile,
  unsupported,
} from "./json-file.ts";
import type { PoolingMode } from "./modules.ts";
import { readModules } from "./modules.ts";
import { readTextSettings } from "./text-settings.ts";

/** Everything that decides which vector a text gets, apart from the weights. */
export interface ModelDescription {
  /** Prompt texts by name; `query` and `document` are always there, empty if the model has none. */
  readonly prompts: Readonly<Record<string, string>>;
  readonly defaultPromptName: string | null;
  readonly similarityFunction: SimilarityFunction;
  /** Longest input in tokens, prompt and special tokens included. */
  readonly maxTokens: number;
  /** The end of a text at which it is cut if it is too long. @default "right" */
  readonly truncationSide?: "left" | "right";
  /** Whether a text is lowercased before it is tokenized. @default false */
  readonly lowerCase?: boolean;
  /** Modes applied to the last hidden states; the results of several are concatenated. */
  readonly pooling: readonly PoolingMode[];
  /** Whether prompt tokens take part in the pooling. */
  readonly includePrompt: boolean;
  /**
   * Dense and LayerNorm layers between pooling and vector; only a graph that contains them can be
   * used.
   */
  readonly denseLayers: number;
  /** Whether the model itself ends in a Normalize module. */
  readonly normalized: boolean;
  /** Length of a full vector. */
  readonly dimension: number;
  /**
   * Dimensions that the model was trained for (Matryoshka), longest first; only `dimension` if it
   * was not.
   */
  readonly matryoshkaDimensions: readonly number[];
  /** The `truncateDim` that the model itself asks for; null or missing if it asks for none. */
  readonly truncateDim?: number | null;
  /** Published scores of a few texts; null if there are none. */
  readonly selfCheck: SelfCheckValues | null;
  readonly family: ModelFamily | null;
  /** dtypes and devices that give wrong vectors; null or missing if none is known. */
  readonly dtypeRules?: DtypeRules | null;
}

/** What a caller may say about a model in place of its files. */
export interface DescriptionOverrides {
  /** Prompt texts by name, in place of the model's own. */
  prompts?: Readonly<Record<string, string>> | undefined;
  /** Pooling of a model whose files do not tell. */
  pooling?: PoolingMode | readonly PoolingMode[] | undefined;
  /** A smaller limit than the model's, in tokens, prompt and special tokens included. */
  maxTokens?: number | undefined;
}

/**
 * Reads how a model turns a text into a vector, as Sentence Transformers 6.2 does: `modules.json`
 * names the modules, each with a `config.json` of its own. Where the repository lacks these files,
 * the family table fills in.
 *
 * @throws `MODEL_FILE_MISSING` without a `config.json`, `MODEL_FILE_INVALID` for a file that is not
 * as it should be, and `MODEL_NOT_DESCRIBED` where neither files nor table say how the model pools,
 * or they say what is not supported.
 */
export async function describeModel(
  model: string,
  read: ReadModelFile,
  overrides: DescriptionOverrides = {},
): Promise<ModelDescription> {
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
  const { family, dtypeRules } = lookUpModel(model, config.fields);
  const modules = await readModules(files);
  const pooling = overrides.pooling
    ? [overrides.pooling].flat()
    : (modules?.pooling ?? family?.pooling);
  if (!pooling) {
    throw new EmbeddingGemmaError(
      "MODEL_NOT_DESCRIBED",
      `${show(model)} has no modules.json and is of no family that this package knows, ` +
        "so its pooling is unknown. Use a repository with the files of Sentence Transformers, or set the options `pooling` (and `prompts`).",
      { model },
    );
  }
  const described = await files.readObject("config_sentence_transformers.json", modules !== null);
  const modelType = described?.text("model_type") ?? "SentenceTransformer";
  if (described && modelType !== "SentenceTransformer")
    throw unsupported(described, `describes a ${show(modelType)}`);
  const textSettings = await readTextSettings(files, config, modules, family);
  const dimension =
    modules?.dimension ?? family?.dimension ?? pooling.length * hiddenSizeOf(config);
  const shorter = described?.size("truncate_dim");
  const truncateDim = shorter === undefined ? null : Math.min(shorter, dimension);
  // Published scores are those of the model as it describes itself.
  const isRedescribed = overrides.prompts !== undefined || overrides.pooling !== undefined;
  const prompts = {
    query: "",
    document: "",
    ...(overrides.prompts ?? promptsOf(described, family)),
  };
  return {
    prompts,
    defaultPromptName: defaultPromptNameOf(described, prompts, overrides),
    similarityFunction: similarityFunctionOf(described),
    ...textSettings,
    maxTokens: Math.min(overrides.maxTokens ?? Number.POSITIVE_INFINITY, textSettings.maxTokens),
    pooling,
    includePrompt: modules?.includePrompt ?? true,
    denseLayers: modules?.denseLayers ?? family?.denseLayers ?? 0,
    normalized: modules?.normalized ?? family?.normalized ?? false,
    dimension,
    matryoshkaDimensions: matryoshkaDimensionsOf(config, family, dimension, truncateDim),
    truncateDim,
    selfCheck: isRedescribed ? null : (selfCheckOf(config) ?? family?.selfCheck ?? null),
    family,
    dtypeRules,
  };
}

/** `hidden_size`, or what DistilBERT, Nomic's BERT and T5 call it. */
function hiddenSizeOf(config: JsonObject): number {
  const text = config.object("text_config") ?? config;
  const size =
    text.size("hidden_size") ?? text.size("dim") ?? text.size("n_embd") ?? text.size("d_model");
  if (size !== undefined) return size;
  throw invalidFile(config.model, config.file, "does not tell the hidden_size");
}

function promptsOf(
  described: JsonObject | null,
  family: ModelFamily | null,
): Record<string, string> {
  const prompts = described?.object("prompts");
  const names = Object.keys(prompts?.fields ?? {});
  return prompts && names.length > 0
    ? Object.fromEntries(names.map((name) => [name, prompts.text(name) ?? ""]))
    : { ...family?.prompts };
}

function defaultPromptNameOf(
  described: JsonObject | null,
  prompts: Readonly<Record<string, string>>,
  overrides: DescriptionOverrides,
): string | null {
  const name = described?.text("default_prompt_name");
  if (described === null || name === undefined) return null;
  if (Object.hasOwn(prompts, name)) return name;
  if (overrides.prompts) return null;
  throw described.invalid("default_prompt_name", "the name of one of its prompts");
}

const similarityFunctions: readonly SimilarityFunction[] = [
  "cosine",
  "dot",
  "euclidean",
  "manhattan",
];

/**
 * As in Sentence Transformers, the function of another kind of model, such as `maxsim`, counts as
 * none.
 */
function similarityFunctionOf(described: JsonObject | null): SimilarityFunction {
  const name = described?.text("similarity_fn_name");
  return similarityFunctions.find((known) => known === name) ?? "cosine";
}

/**
 * `matryoshka_dimensions` of `config.json` (Jina's and vLLM's name), else the family's; and what
 * the model asks for itself.
 */
function matryoshkaDimensionsOf(
  config: JsonObject,
  family: ModelFamily | null,
  dimension: number,
  truncateDim: number | null,
): readonly number[] {
  const trained = config.sizes("matryoshka_dimensions") ?? family?.matryoshkaDimensions ?? [];
  const dimensions = new Set([
    dimension,
    ...trained,
    ...(truncateDim === null ? [] : [truncateDim]),
  ]);
  return [...dimensions].filter((size) => size <= dimension).sort((a, b) => b - a);
}

/** `self_check` of `config.json`, which is this package's own name for {@link SelfCheckValues}. */
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
