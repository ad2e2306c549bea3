import { stableJson } from "@embeddinggemma/internal";
import { digestText } from "../digest.ts";
import { isCommit } from "../files/hub/hub-names.ts";
import type { ModelFolder } from "../files/model-folder.ts";
import type { Dtype } from "../runtime/dtype.ts";
import { dataFile, weightsFile } from "../runtime/dtype.ts";
import type { ModelDescription } from "./description.ts";

/**
 * Version of everything in this package that turns a text into a vector. To be raised by whoever
 * changes what vector the same model, options and text get, so that vectors of before and after are
 * never mixed.
 */
const recipeVersion = 1;

/**
 * Which files a model was loaded from.
 *
 * @returns such as `onnx-community/embeddinggemma-300m-ONNX@<commit>`; where no commit is known,
 * `sha256:<digest>` of the tokenizer and weights, wherever they lie
 */
export async function sourceOf(
  model: string,
  dtype: Dtype,
  folder: Pick<ModelFolder, "commit" | "digest">,
): Promise<string> {
  const { commit } = folder;
  return commit !== null && isCommit(commit) ? `${model}@${commit}` : digestContents(dtype, folder);
}

/**
 * Identity of a model's full vectors, before truncation and normalisation: its files, the dtype,
 * and how tokens become a vector.
 *
 * @param source - see {@link sourceOf}
 * @returns such as `onnx-community/embeddinggemma-300m-ONNX@<commit>?dtype=q8&recipe=1.<digest>`
 */
export function modelIdentity(source: string, dtype: Dtype, description: ModelDescription): string {
  const recipe = recipeFields
    .filter((field) => Object.hasOwn(description, field))
    .map((field) => [field, description[field]]);
  const digest = shortDigest(Object.fromEntries(recipe));
  return `${source}?dtype=${dtype}&recipe=${recipeVersion}.${digest}`;
}

/**
 * What decides the full vector. Prompts are not here because they count text by text. A field that
 * a description lacks stays out of the digest: saved stores contain identities made so.
 */
const recipeFields = [
  "maxTokens",
  "truncationSide",
  "lowerCase",
  "pooling",
  "includePrompt",
  "denseLayers",
  "normalized",
  "dimension",
] as const satisfies readonly (keyof ModelDescription)[];

/** What decides the vectors of an embedder, apart from the model. */
export interface IdentitySettings {
  readonly dimension: number;
  readonly normalize: boolean;
}

/**
 * Identity of an embedder's vectors: two embedders that share it give the same vectors for the same
 * calls.
 */
export function embeddingIdentity(
  modelIdentity: string,
  { prompts, defaultPromptName }: ModelDescription,
  { dimension, normalize }: IdentitySettings,
): string {
  const table = shortDigest({ prompts, defaultPromptName });
  return `${modelIdentity}&prompts=${table}&dimension=${dimension}&normalize=${normalize}`;
}

async function digestContents(dtype: Dtype, folder: Pick<ModelFolder, "digest">): Promise<string> {
  const weights = weightsFile(dtype);
  const files = ["tokenizer.json", "tokenizer_config.json", weights, dataFile(dtype, 0)];
  const digests = await Promise.all(files.map((file) => folder.digest(file)));
  // Large models have more than one file of data.
  for (let index = 1; digests.at(-1) !== null; index++)
    digests.push(await folder.digest(dataFile(dtype, index)));
  return `sha256:${digestText(stableJson(digests)).slice(0, 32)}`;
}

function shortDigest(value: unknown): string {
  return digestText(stableJson(value)).slice(0, 16);
}
