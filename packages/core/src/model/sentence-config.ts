import { show } from "../errors.ts";
import type { SimilarityFunction } from "../vectors/similarity.ts";
import { type JsonObject, type ModelFiles, unsupported } from "./json-file.ts";
import type { ModelFamily } from "./model-family.ts";

export const sentenceConfigName = "config_sentence_transformers.json";

/**
 * Reads `config_sentence_transformers.json`.
 *
 * @param confirmMissing - see `ModelFolder.read`
 * @returns null if the model does not have it
 * @throws `MODEL_NOT_DESCRIBED` if it describes a model of another kind
 */
export async function readSentenceConfig(
  files: ModelFiles,
  confirmMissing: boolean,
): Promise<JsonObject | null> {
  const config = await files.readObject(sentenceConfigName, confirmMissing);
  const modelType = config?.text("model_type") ?? "SentenceTransformer";
  if (config && modelType !== "SentenceTransformer")
    throw unsupported(config, `describes a ${show(modelType)}`);
  return config;
}

export function promptsOf(
  sentenceConfig: JsonObject | null,
  family: ModelFamily | null,
): Record<string, string> {
  const prompts = sentenceConfig?.object("prompts");
  if (!prompts) return { ...family?.prompts };
  const names = Object.keys(prompts.fields);
  return Object.fromEntries(names.map((name) => [name, prompts.text(name) ?? ""]));
}

/** @param areItsPrompts - whether the prompts are the model's own, which must have the name */
export function defaultPromptNameOf(
  sentenceConfig: JsonObject | null,
  prompts: Readonly<Record<string, string>>,
  areItsPrompts: boolean,
): string | null {
  const name = sentenceConfig?.text("default_prompt_name");
  if (sentenceConfig === null || name === undefined) return null;
  if (Object.hasOwn(prompts, name)) return name;
  if (!areItsPrompts) return null;
  throw sentenceConfig.invalid("default_prompt_name", "the name of one of its prompts");
}

const similarityFunctions: readonly SimilarityFunction[] = [
  "cosine",
  "dot",
  "euclidean",
  "manhattan",
];

/**
 * Functions of other kinds of models, such as `maxsim`, count as missing, as in Sentence
 * Transformers.
 */
export function similarityFunctionOf(sentenceConfig: JsonObject | null): SimilarityFunction {
  const name = sentenceConfig?.text("similarity_fn_name");
  return similarityFunctions.find((known) => known === name) ?? "cosine";
}
