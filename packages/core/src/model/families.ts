import { idOfCacheName } from "../files/hub/hub-names.ts";
import { modelFamilies } from "./family-table.ts";
import type { ModelFamily, SelfCheckValues } from "./model-family.ts";

/** What the table of model families knows about a model. */
export interface KnownModel {
  /** The family by name. A fine-tune with another name may have other prompts and pooling. */
  readonly family: ModelFamily | null;
  /**
   * The family by name, else by the architecture and size in `config.json`. A fine-tune keeps these
   * of its base: dtypes, dimensions and layers.
   */
  readonly base: ModelFamily | null;
  /** Published scores, which belong to the published weights only. */
  readonly selfCheck: SelfCheckValues | null;
}

/**
 * Looks a model up in the table.
 *
 * @param config - content of `config.json`
 */
export function lookUpModel(model: string, config: Readonly<Record<string, unknown>>): KnownModel {
  const name = nameOf(model);
  const family = modelFamilies.find(({ pattern }) => pattern.test(name)) ?? null;
  const base = family ?? modelFamilies.find((other) => isArchitecture(other, config)) ?? null;
  const published =
    family?.published?.test(name) && isArchitecture(family, config) ? family.selfCheck : null;
  return { family, base, selfCheck: published ?? null };
}

/**
 * Whether models of an architecture, of whatever size, are trained with prompts.
 *
 * @param config - content of `config.json`
 */
export function isTrainedWithPrompts(config: Readonly<Record<string, unknown>>): boolean {
  return modelFamilies.some(
    ({ config: expected, prompts }) =>
      prompts && expected && expected.model_type === config.model_type,
  );
}

/**
 * The dimensions of a repository on the Hub whose id alone says that it has the published weights,
 * also before it is downloaded; null for all others.
 */
export function publishedDimensions(
  model: string,
): Required<Pick<ModelFamily, "dimension" | "matryoshkaDimensions">> | null {
  const { dimension, matryoshkaDimensions } = publishedFamily(model) ?? {};
  return dimension && matryoshkaDimensions ? { dimension, matryoshkaDimensions } : null;
}

/** The family of a repository on the Hub whose id alone says that it has the published weights. */
export function publishedFamily(model: string): ModelFamily | undefined {
  const [owner, name = ""] = model.split("/");
  if (!publishers.includes(owner!)) return undefined;
  return modelFamilies.find(({ published }) => published?.test(name));
}

/**
 * Repository with ONNX files of the weights of a model, if these are the published ones: its owner
 * says so, or for a folder its name.
 *
 * @param isFolder - whether the model is a folder, which may look like an id: `models/name`
 */
export function conversionOf(model: string, isFolder: boolean): string | undefined {
  const id = idOf(model);
  if (!isFolder || id !== model) return publishedFamily(id)?.conversion;
  const name = nameOf(model);
  return modelFamilies.find(({ published }) => published?.test(name))?.conversion;
}

/** Who publishes EmbeddingGemma and its ONNX conversions on the Hub. */
const publishers = ["google", "onnx-community"];

/** The last part of a repository id or path. */
function nameOf(model: string): string {
  return partsOf(idOf(model)).at(-1) ?? model;
}

/**
 * The id of the repository for its folder in the Hub's cache,
 * `models--owner--name/snapshots/<commit>`; anything else as it is.
 */
function idOf(model: string): string {
  const [folder = "", snapshots] = partsOf(model).slice(-3);
  return (snapshots === "snapshots" ? idOfCacheName(folder) : undefined) ?? model;
}

function partsOf(path: string): string[] {
  return path.replace(/[\\/]+$/, "").split(/[\\/]/);
}

function isArchitecture(
  { config: expected }: ModelFamily,
  config: Readonly<Record<string, unknown>>,
): boolean {
  return (
    expected !== undefined &&
    Object.entries(expected).every(([name, value]) => config[name] === value)
  );
}
