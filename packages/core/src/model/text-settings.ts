import { show } from "../errors.ts";
import { type JsonObject, type ModelFiles, unsupported } from "./json-file.ts";
import type { ModelFamily } from "./model-family.ts";
import type { ModelModules } from "./modules.ts";

/** How a text is prepared for the model. */
export interface TextSettings {
  /** Maximum length of an input in tokens, prompt and special tokens included. */
  readonly maxTokens: number;
  /** The side on which a text that is too long is cut. */
  readonly truncationSide: "left" | "right";
  /** Whether texts are lowercased before tokenizing. */
  readonly lowerCase: boolean;
}

/**
 * Reads `sentence_bert_config.json` and `tokenizer_config.json` as `Transformer` of Sentence
 * Transformers 6.2 does. A model without `modules.json` whose settings say no length is cut at the
 * length of the family, if its tokenizer and its positions allow as much.
 *
 * @throws `MODEL_FILE_INVALID`, `MODEL_NOT_DESCRIBED` for a setting that is not supported
 */
export async function readTextSettings(
  files: ModelFiles,
  config: JsonObject,
  modules: ModelModules | null,
  family: ModelFamily | null,
): Promise<TextSettings> {
  const settings = await readTransformerSettings(files, modules);
  if (settings) refuseUnsupported(settings);
  const tokenizer = await files.readObject("tokenizer_config.json");
  const tokenizerOptions =
    settings?.object("processor_kwargs") ?? settings?.object("tokenizer_args");
  const described = tokenizerOptions?.size("model_max_length") ?? settings?.size("max_seq_length");
  const familyLength = (modules ? undefined : family?.maxTokens) ?? Number.POSITIVE_INFINITY;
  return {
    maxTokens: described ?? Math.min(familyLength, tokenizerLength(tokenizer, config)),
    truncationSide: truncationSideOf(tokenizerOptions) ?? truncationSideOf(tokenizer) ?? "right",
    lowerCase: settings?.flag("do_lower_case") ?? false,
  };
}

function truncationSideOf(options: JsonObject | null | undefined): "left" | "right" | undefined {
  const side = options?.text("truncation_side");
  if (side === undefined || side === "left" || side === "right") return side;
  throw options!.invalid("truncation_side", '"left" or "right"');
}

/**
 * The length of the tokenizer, at most the number of positions of the model. Tokenizers without a
 * limit say 1e30.
 */
function tokenizerLength(tokenizer: JsonObject | null, config: JsonObject): number {
  return Math.min(
    tokenizer?.size("model_max_length") ?? Number.POSITIVE_INFINITY,
    positionsOf(config) ?? positionsOf(config.object("text_config")) ?? Number.POSITIVE_INFINITY,
  );
}

function positionsOf(config: JsonObject | undefined): number | undefined {
  // XLNet has -1, which means no limit.
  return config?.fields.max_position_embeddings === -1
    ? undefined
    : config?.size("max_position_embeddings");
}

/** In the order in which Sentence Transformers tries them. */
const settingsFiles = [
  "bert",
  "roberta",
  "distilbert",
  "camembert",
  "albert",
  "xlm-roberta",
  "xlnet",
].map((name) => `sentence_${name}_config.json`);

async function readTransformerSettings(
  files: ModelFiles,
  modules: ModelModules | null,
): Promise<JsonObject | null> {
  const folder = modules?.transformerPath ? `${modules.transformerPath}/` : "";
  // The older names exist only in repositories of Sentence Transformers.
  for (const name of modules ? settingsFiles : settingsFiles.slice(0, 1)) {
    const settings = await files.readObject(folder + name);
    if (settings !== null) return settings;
  }
  return null;
}

/** Settings of multimodal and multi-vector models, which Sentence Transformers 6 supports. */
function refuseUnsupported(settings: JsonObject): void {
  for (const name of ["query_length", "document_length", "query_expansion"]) {
    if (settings.fields[name]) throw unsupported(settings, `sets ${name}`);
  }
  const task = settings.text("transformer_task") ?? "feature-extraction";
  if (task !== "feature-extraction")
    throw unsupported(settings, `has the transformer_task ${show(task)}`);
  const processing = settings.object("processing_kwargs");
  const textProcessing = {
    ...processing?.object("text")?.fields,
    ...processing?.object("common")?.fields,
  };
  if (Object.keys(textProcessing).length > 0)
    throw unsupported(settings, "sets processing_kwargs for texts");
  const modalities = settings.object("modality_config");
  if (!modalities) return;
  const output = modalities.object("text")?.fields.method_output_name;
  if (output === undefined) throw unsupported(settings, "has no modality_config for plain texts");
  if (output !== "last_hidden_state")
    throw unsupported(settings, `uses the output ${show(output)} of the model`);
}
