import { stableJson } from "@embeddinggemma/internal";
import { digestText } from "../digest.ts";
import { encodePath, isCommit } from "../files/hub/hub-names.ts";
import type { ModelFolder } from "../files/model-folder.ts";
import { dataFileOf, type GraphFile, isStandard } from "../runtime/graph-file.ts";
import type { ModelDescription } from "./description.ts";

/**
 * Version of the text-to-vector computation. Increase it with every change after which the same
 * model, options and text give a different vector, so that old and new vectors are never mixed.
 */
const recipeVersion = 1;

/**
 * Identifies the files that a model was loaded from.
 *
 * @param dataFiles - files in which the graph keeps weights, as `readOnnxGraph` returns them
 * @returns for a commit on the Hub, for example `onnx-community/embeddinggemma-300m-ONNX@<commit>`;
 * otherwise `sha256:<digest>` of the tokenizer and weights, wherever the folder is
 */
export async function sourceOf(
  model: string,
  graphFile: GraphFile,
  folder: Pick<ModelFolder, "commit" | "digest">,
  dataFiles: readonly string[],
): Promise<string> {
  const { commit } = folder;
  return commit !== null && isCommit(commit)
    ? `${model}@${commit}`
    : digestContents(graphFile, folder, dataFiles);
}

/**
 * Identity of a model's full vectors, before truncation and normalization. It depends on the files,
 * the dtype, and how tokens become a vector. The name of an ONNX file counts unless it is the one
 * of its dtype.
 *
 * @param source - see {@link sourceOf}
 * @returns for example `owner/name@<commit>?dtype=q8&recipe=1.<digest>`, or for a file with a name
 * of its own `owner/name@<commit>?dtype=q4&file=onnx/model_no_gather_q4.onnx&recipe=1.<digest>`
 */
export function modelIdentity(
  source: string,
  graphFile: GraphFile,
  description: ModelDescription,
): string {
  const recipe = recipeFields
    .filter((field) => Object.hasOwn(description, field))
    .map((field) => [field, description[field]]);
  const digest = shortDigest(Object.fromEntries(recipe));
  const file = isStandard(graphFile) ? "" : `&file=${encodePath(graphFile.path)}`;
  return `${source}?dtype=${graphFile.dtype}${file}&recipe=${recipeVersion}.${digest}`;
}

/**
 * The fields of a description that the full vector depends on. Prompts are not included, since they
 * are part of each text. Fields that a description lacks are left out of the digest, as in the
 * identities of saved stores.
 */
const recipeFields = [
  "maxTokens",
  "truncationSide",
  "lowerCase",
  "pooling",
  "poolsHiddenStates",
  "includePrompt",
  "denseLayers",
  "normalized",
  "dimension",
] as const satisfies readonly (keyof ModelDescription)[];

/** Settings of an embedder that its vectors depend on. */
export interface IdentitySettings {
  readonly dimension: number;
  readonly normalize: boolean;
}

/**
 * Identity of an embedder's vectors. Two embedders with the same identity give the same vectors for
 * the same calls.
 */
export function embeddingIdentity(
  modelIdentity: string,
  { prompts, defaultPromptName }: ModelDescription,
  { dimension, normalize }: IdentitySettings,
): string {
  const promptsDigest = shortDigest({ prompts, defaultPromptName });
  return `${modelIdentity}&prompts=${promptsDigest}&dimension=${dimension}&normalize=${normalize}`;
}

async function digestContents(
  graphFile: GraphFile,
  folder: Pick<ModelFolder, "digest">,
  dataFiles: readonly string[],
): Promise<string> {
  const firstData = dataFileOf(graphFile, 0);
  const files = ["tokenizer.json", "tokenizer_config.json", graphFile.path, firstData];
  const digests: unknown[] = await Promise.all(files.map((file) => folder.digest(file)));
  // Large models have more than one data file.
  while (digests.at(-1) !== null) {
    const next = dataFileOf(graphFile, files.length - 3);
    files.push(next);
    digests.push(await folder.digest(next));
  }
  // Saved stores contain digests without these, so only other data files are added, by their names.
  for (const file of dataFiles.filter((name) => !files.includes(name))) {
    digests.push([file, await folder.digest(file)]);
  }
  return `sha256:${digestText(stableJson(digests)).slice(0, 32)}`;
}

function shortDigest(value: unknown): string {
  return digestText(stableJson(value)).slice(0, 16);
}
