import { EmbeddingGemmaError, reasonOf, show } from "./errors.ts";
import { familyOf, type ModelFamily } from "./model-families.ts";
import type { SelfCheckValues } from "./self-check.ts";

/** How Sentence Transformers compares two vectors of the model. */
export type SimilarityFunction = "cosine" | "dot" | "euclidean" | "manhattan";

export type PoolingMode = "cls" | "max" | "mean" | "mean_sqrt_len_tokens" | "weightedmean" | "lasttoken";

/** Everything that decides which vector a text gets, apart from the weights. */
export interface ModelDescription {
  /** Prompt texts by name; `query` and `document` are always there, empty if the model has none. */
  readonly prompts: Readonly<Record<string, string>>;
  readonly defaultPromptName: string | null;
  readonly similarityFunction: SimilarityFunction;
  /** Longest input in tokens, prompt and special tokens included. */
  readonly maxTokens: number;
  /** Modes applied to the last hidden states; the results of several are concatenated. */
  readonly pooling: readonly PoolingMode[];
  /** Whether prompt tokens take part in the pooling. */
  readonly includePrompt: boolean;
  /** Dense layers between pooling and vector; only a graph that contains them can be used. */
  readonly denseLayers: number;
  /** Whether the model itself ends in a Normalize module. */
  readonly normalized: boolean;
  /** Length of a full vector. */
  readonly dimension: number;
  /** Dimensions that the model was trained for (Matryoshka), longest first; only `dimension` if it was not. */
  readonly matryoshkaDimensions: readonly number[];
  /** Published scores of a few texts; null if there are none. */
  readonly selfCheck: SelfCheckValues | null;
  readonly family: ModelFamily | null;
}

/** What a caller may say about a model in place of its files. */
export interface DescriptionOverrides {
  /** Prompt texts by name, in place of the model's own. */
  prompts?: Readonly<Record<string, string>>;
  /** Pooling of a model whose files do not tell. */
  pooling?: PoolingMode | readonly PoolingMode[];
  /** A smaller limit than the model's, in tokens, prompt and special tokens included. */
  maxTokens?: number;
}

/** Gives the text of a file of the model repository, or null where there is none. */
export type ReadModelFile = (name: string) => Promise<string | null>;

/** The files of a model repository that describe the model; all but `config.json` may be missing. */
export const descriptionFiles = [
  "config.json",
  "modules.json",
  "config_sentence_transformers.json",
  "sentence_bert_config.json",
  "tokenizer_config.json",
] as const;

/**
 * Reads how a model turns a text into a vector, as Sentence Transformers 6.2 does: `modules.json` names the modules,
 * each with a `config.json` of its own. Where the repository lacks these files, the family table fills in.
 *
 * @throws `MODEL_FILE_MISSING` without a `config.json`, `MODEL_FILE_INVALID` for a file that is not JSON, and
 * `MODEL_NOT_DESCRIBED` where neither files nor table say how the model pools.
 */
export async function describeModel(
  model: string,
  read: ReadModelFile,
  overrides: DescriptionOverrides = {},
): Promise<ModelDescription> {
  const readJson = (name: string) => readJsonFile(model, name, read);
  const config = await readJson("config.json");
  if (config === null) {
    throw new EmbeddingGemmaError(
      "MODEL_FILE_MISSING",
      `${show(model)} has no config.json, so it is not a model folder or repository that Transformers.js can load.`,
      { model, file: "config.json" },
    );
  }
  const family = familyOf(model);
  const modules = await readModules(model, readJson);
  const pooling = overrides.pooling ? [overrides.pooling].flat() : (modules?.pooling ?? family?.pooling);
  if (!pooling) {
    throw new EmbeddingGemmaError(
      "MODEL_NOT_DESCRIBED",
      `${show(model)} has no modules.json and is of no family that this package knows, so how it pools is unknown. ` +
        "Use a repository with the files of Sentence Transformers, or set the options `pooling` (and `prompts`).",
      { model },
    );
  }
  const sentenceTransformers = await readJson("config_sentence_transformers.json");
  const textConfig = (config.text_config ?? config) as Json;
  const dimension =
    modules?.denseDimensions.at(-1) ??
    modules?.poolingDimension ??
    family?.dimension ??
    pooling.length * Number(textConfig.hidden_size);
  return {
    prompts: { query: "", document: "", ...(overrides.prompts ?? describedPrompts(sentenceTransformers, family)) },
    defaultPromptName: (sentenceTransformers?.default_prompt_name as string | undefined) ?? null,
    similarityFunction: (sentenceTransformers?.similarity_fn_name as SimilarityFunction | undefined) ?? "cosine",
    maxTokens: Math.min(
      overrides.maxTokens ?? Number.POSITIVE_INFINITY,
      await maxTokensOf(textConfig, family, readJson),
    ),
    pooling,
    includePrompt: modules?.includePrompt ?? true,
    denseLayers: modules?.denseDimensions.length ?? family?.denseLayers ?? 0,
    normalized: modules?.normalized ?? family?.normalized ?? false,
    dimension,
    matryoshkaDimensions: matryoshkaDimensionsOf(config, family, dimension),
    selfCheck: (config.self_check as SelfCheckValues | undefined) ?? family?.selfCheck ?? null,
    family,
  };
}

type Json = Record<string, unknown>;
type ReadJson = (name: string) => Promise<Json | null>;

async function readJsonFile(model: string, name: string, read: ReadModelFile): Promise<Json | null> {
  const text = await read(name);
  if (text === null) return null;
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new EmbeddingGemmaError(
      "MODEL_FILE_INVALID",
      `${name} of ${show(model)} is not valid JSON (${reasonOf(cause)}). Restore the file, or remove it from the cache so that it is fetched again.`,
      { model, file: name },
      { cause },
    );
  }
}

interface Modules {
  pooling: readonly PoolingMode[];
  poolingDimension: number | undefined;
  includePrompt: boolean;
  denseDimensions: number[];
  normalized: boolean;
}

async function readModules(model: string, readJson: ReadJson): Promise<Modules | null> {
  const list = (await readJson("modules.json")) as unknown as { path: string; type: string }[] | null;
  if (list === null) return null;
  const modules: Modules = {
    pooling: [],
    poolingDimension: undefined,
    includePrompt: true,
    denseDimensions: [],
    normalized: false,
  };
  for (const { path, type } of list) {
    const kind = type.split(".").at(-1);
    if (kind === "Transformer") continue;
    if (kind === "Normalize") {
      modules.normalized = true;
      continue;
    }
    if (kind !== "Pooling" && kind !== "Dense") {
      throw new EmbeddingGemmaError(
        "MODEL_NOT_DESCRIBED",
        `modules.json of ${show(model)} names the module ${show(type)}; Transformer, Pooling, Dense and Normalize are supported.`,
        { model, module: type },
      );
    }
    const file = `${path}/config.json`;
    const config = await readJson(file);
    if (config === null) {
      throw new EmbeddingGemmaError(
        "MODEL_FILE_MISSING",
        `modules.json of ${show(model)} names ${file}, which is not there. Copy it from the original repository.`,
        { model, file },
      );
    }
    if (kind === "Dense") {
      modules.denseDimensions.push(Number(config.out_features));
    } else {
      modules.pooling = poolingModes(config);
      const width = Number(config.embedding_dimension ?? config.word_embedding_dimension);
      modules.poolingDimension = modules.pooling.length * width;
      modules.includePrompt = (config.include_prompt as boolean | undefined) ?? true;
    }
  }
  return modules;
}

/** Order and names of `_LEGACY_POOLING_MODE_KWARGS` in Sentence Transformers' `pooling.py`. */
const legacyPoolingModes: Readonly<Record<string, PoolingMode>> = {
  pooling_mode_cls_token: "cls",
  pooling_mode_max_tokens: "max",
  pooling_mode_mean_tokens: "mean",
  pooling_mode_mean_sqrt_len_tokens: "mean_sqrt_len_tokens",
  pooling_mode_weightedmean_tokens: "weightedmean",
  pooling_mode_lasttoken: "lasttoken",
};

function poolingModes(config: Json): readonly PoolingMode[] {
  const mode = config.pooling_mode as PoolingMode | PoolingMode[] | undefined;
  if (mode !== undefined) return Array.isArray(mode) ? mode : [mode];
  const active = Object.entries(legacyPoolingModes).filter(([key]) => config[key]);
  return active.length > 0 ? active.map(([, name]) => name) : ["mean"];
}

function describedPrompts(sentenceTransformers: Json | null, family: ModelFamily | null): Record<string, string> {
  const described = (sentenceTransformers?.prompts ?? {}) as Record<string, string>;
  return Object.keys(described).length > 0 ? described : { ...family?.prompts };
}

/**
 * `sentence_bert_config.json`, else the tokenizer's `model_max_length` capped by the model's `max_position_embeddings`.
 */
async function maxTokensOf(textConfig: Json, family: ModelFamily | null, readJson: ReadJson): Promise<number> {
  const described = (await readJson("sentence_bert_config.json"))?.max_seq_length;
  if (typeof described === "number") return described;
  if (family) return family.maxTokens;
  const tokenizer = await readJson("tokenizer_config.json");
  const positions = textConfig.max_position_embeddings;
  return Math.min(
    (tokenizer?.model_max_length as number | undefined) ?? Number.POSITIVE_INFINITY,
    typeof positions === "number" && positions !== -1 ? positions : Number.POSITIVE_INFINITY,
  );
}

/** `matryoshka_dimensions` of `config.json` (Jina's and vLLM's name), else the family's. */
function matryoshkaDimensionsOf(config: Json, family: ModelFamily | null, dimension: number): readonly number[] {
  const described = config.matryoshka_dimensions as number[] | undefined;
  const dimensions = new Set([dimension, ...(described ?? family?.matryoshkaDimensions ?? [])]);
  return [...dimensions].filter((size) => size <= dimension).sort((a, b) => b - a);
}
