import { invalidArgument } from "../check.ts";
import { EmbeddingGemmaError, show } from "../errors.ts";
import { hasPrompts, type ModelDescription } from "../model/description.ts";
import { lookUpModel, publishedFamily } from "../model/families.ts";
import type { ModelFamily } from "../model/model-family.ts";
import type { Dtype } from "../runtime/dtype.ts";
import { weightsSuffixes } from "../runtime/dtype.ts";
import { hubNameOf, needsNoPrompts } from "./known-names.ts";
import type { OwnFacts, ServerFacts } from "./server-facts.ts";
import { shownUrl } from "./shown-url.ts";

/** Parts of the description of a model that a server does not say. */
export interface ServerDescription {
  /**
   * Prompts by name, which replace all prompts of the model. `encodeQuery` uses `query`, and
   * `encodeDocument` uses `document`, or no prompt if you leave them out. Needed for a model that
   * this package does not know; `{}` means that it needs no prompts.
   *
   * @default those of `/info` of `@embeddinggemma/server`, else those of the model's family
   */
  prompts?: Readonly<Record<string, string>> | undefined;
  /**
   * Length of a full vector.
   *
   * @default what the server says, else that of the model's family, else the length of the vector
   * of a text that is embedded to find out
   */
  dimension?: number | undefined;
  /**
   * Values of `truncateDim` that the model was trained for.
   *
   * @default what the server says, else those of the model's family, else any `truncateDim` is
   * accepted
   */
  matryoshkaDimensions?: readonly number[] | undefined;
  /**
   * Maximum length of an input in tokens, prompt and special tokens included, if the server does
   * not say it. It cuts longer texts, or refuses them.
   *
   * @default what the server says, else what the files of `tokenizer` say, else that of the model's
   * family, else infinite
   */
  maxTokens?: number | undefined;
}

/** The length of a full vector, as far as it is known without embedding a text. */
export function knownDimension(
  { model }: ServerFacts,
  { dimension }: ServerDescription,
): number | undefined {
  return dimension ?? familyOf(model)?.dimension;
}

/**
 * Describes the model of `@embeddinggemma/server`, which says everything. As where it is loaded,
 * the prompts can be replaced.
 *
 * @throws `INVALID_ARGUMENT` if the options say something else than the server
 */
export function describeOwnServer(
  facts: ServerFacts,
  { description: served, adapterSides }: OwnFacts,
  options: ServerDescription,
): ModelDescription {
  // The known vectors are those of the model without an adapter.
  const description = adapterSides === "both" ? { ...served, selfCheck: null } : served;
  const said = { dimension: description.dimension, maxTokens: description.maxTokens };
  for (const [name, value] of Object.entries(said)) {
    const given = options[name as keyof typeof said];
    if (given !== undefined && given !== value)
      throw invalidArgument(name, given, `${value}, as the server says`);
  }
  const prompts = options.prompts && { query: "", document: "", ...options.prompts };
  refuseDoublePrompts(facts, prompts ?? description.prompts);
  if (!prompts) return description;
  const { defaultPromptName: name } = description;
  const defaultPromptName = name !== null && Object.hasOwn(prompts, name) ? name : null;
  return { ...description, prompts, defaultPromptName, selfCheck: null };
}

/**
 * Describes the model of a server.
 *
 * @param dimension - length of a full vector
 * @throws `INVALID_ARGUMENT`; `MODEL_NOT_DESCRIBED` if the model's prompts are not known
 */
export function describeServer(
  facts: ServerFacts,
  options: ServerDescription & { readonly tokenizerLength?: number | undefined },
  dimension: number,
): ModelDescription {
  const { api } = facts;
  const family = familyOf(facts.model);
  const prompts = { query: "", document: "", ...promptsOf(facts, options, family) };
  refuseDoublePrompts(facts, prompts);
  const trained = options.matryoshkaDimensions ?? family?.matryoshkaDimensions;
  const isRedescribed = options.prompts !== undefined;
  return {
    prompts,
    defaultPromptName: null,
    similarityFunction: "cosine",
    maxTokens: maxTokensOf(facts, options, family),
    truncationSide: "right",
    pooling: family?.pooling ?? ["mean"],
    includePrompt: true,
    denseLayers: 0,
    // OpenAI's API knows only vectors of unit length.
    normalized: api === "openai" || family === null || family.normalized === true,
    dimension,
    matryoshkaDimensions: [...new Set([dimension, ...(trained ?? [])])]
      .filter((size) => size <= dimension)
      .sort((a, b) => b - a),
    anyDimension: trained === undefined,
    truncateDim: null,
    selfCheck: isRedescribed ? null : (publishedFamily(facts.model)?.selfCheck ?? null),
    family,
  };
}

/** The number format of the weights, or the one that is the most similar. */
export function dtypeOf({ own, dtype }: ServerFacts): Dtype {
  if (own && Object.hasOwn(weightsSuffixes, own.dtype)) return own.dtype as Dtype;
  return dtype === "float16" || dtype === "bfloat16" ? "fp16" : "fp32";
}

function familyOf(model: string): ModelFamily | null {
  return lookUpModel(hubNameOf(model), {}).family;
}

function promptsOf(
  { model }: ServerFacts,
  { prompts }: ServerDescription,
  family: ModelFamily | null,
): Readonly<Record<string, string>> {
  const known = prompts ?? (family && (family.prompts ?? {}));
  if (known) return known;
  if (needsNoPrompts(model)) return {};
  const reason =
    `The server has the model ${show(model)}, which belongs to no family that this package ` +
    "knows, so its prompts are unknown.";
  throw new EmbeddingGemmaError(
    "MODEL_NOT_DESCRIBED",
    `${reason} Set the option \`prompts\` to those of its model card, such as ` +
      '{ query: "query: ", document: "passage: " }, or to {} if it needs none.',
    { model, reason, option: "prompts" },
  );
}

/** A prompt of the server would come before every prompt of the client. */
function refuseDoublePrompts(
  { baseUrl, serverPrompt }: ServerFacts,
  prompts: Readonly<Record<string, string>>,
): void {
  if (!serverPrompt || !hasPrompts({ prompts })) return;
  const url = shownUrl(baseUrl);
  const puts = `puts the prompt ${show(serverPrompt)} before every text`;
  const reason = `${url} ${puts}, so each would have two.`;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `${reason} Start the server without a default prompt (--default-prompt-name, ` +
      "--default-prompt), or set the option `prompts: {}`, so that all texts get only that of " +
      "the server.",
    { url, serverPrompt, reason },
  );
}

function maxTokensOf(
  { maxTokens: served }: ServerFacts,
  {
    maxTokens,
    tokenizerLength,
  }: { maxTokens?: number | undefined; tokenizerLength?: number | undefined },
  family: ModelFamily | null,
): number {
  if (served !== undefined && maxTokens !== undefined && maxTokens !== served)
    throw invalidArgument("maxTokens", maxTokens, `${served}, as the server says`);
  return served ?? maxTokens ?? tokenizerLength ?? family?.maxTokens ?? Number.POSITIVE_INFINITY;
}
