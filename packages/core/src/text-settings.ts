import { show } from "./errors.ts";
import type { ModelFamily } from "./model-families.ts";
import { invalidFile, type Json, type ModelFiles, unsupported } from "./model-files.ts";
import type { ModelModules } from "./model-modules.ts";

/** What happens to a text before the model gets it. */
export interface TextSettings {
  /** Longest input in tokens, prompt and special tokens included. */
  readonly maxTokens: number;
  /** The end of a text at which it is cut if it is too long. */
  readonly truncationSide: "left" | "right";
  /** Whether a text is lowercased before it is tokenized. */
  readonly lowerCase: boolean;
}

/**
 * Reads `sentence_bert_config.json` and `tokenizer_config.json` as `Transformer` of Sentence Transformers 6.2 does. The family
 * speaks for a model without `modules.json` whose files give no length.
 *
 * @throws `MODEL_FILE_INVALID`, `MODEL_NOT_DESCRIBED` for a setting that is not supported
 */
export async function readTextSettings(
  files: ModelFiles,
  config: Json,
  modules: ModelModules | null,
  family: ModelFamily | null,
): Promise<TextSettings> {
  const { file, settings } = await readTransformerSettings(files, modules);
  refuseUnsupported(files, file, settings);
  const tokenizer = (await files.readJson("tokenizer_config.json")) ?? {};
  const tokenizerOptions = (settings.processor_kwargs ?? settings.tokenizer_args ?? {}) as Json;
  const described = tokenizerOptions.model_max_length ?? settings.max_seq_length ?? undefined;
  if (described !== undefined && !(typeof described === "number" && described >= 1)) {
    throw invalidFile(files.model, file, `has the length ${show(described)}`);
  }
  return {
    maxTokens: described ?? (modules ? undefined : family?.maxTokens) ?? tokenizerLength(tokenizer, config),
    truncationSide: (tokenizerOptions.truncation_side ?? tokenizer.truncation_side) === "left" ? "left" : "right",
    lowerCase: settings.do_lower_case === true,
  };
}

/** The tokenizer's length, which may be "none" in the form of 1e30, but no more than the positions that the model has. */
function tokenizerLength(tokenizer: Json, config: Json): number {
  const positions = config.max_position_embeddings ?? (config.text_config as Json | undefined)?.max_position_embeddings;
  return Math.min(
    typeof tokenizer.model_max_length === "number" ? tokenizer.model_max_length : Number.POSITIVE_INFINITY,
    // XLNet's -1 stands for no limit.
    typeof positions === "number" && positions !== -1 ? positions : Number.POSITIVE_INFINITY,
  );
}

/** In the order in which Sentence Transformers looks for them. */
const settingsFiles = ["bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"].map(
  (name) => `sentence_${name}_config.json`,
);

async function readTransformerSettings(
  files: ModelFiles,
  modules: ModelModules | null,
): Promise<{ file: string; settings: Json }> {
  const folder = modules?.transformerPath ? `${modules.transformerPath}/` : "";
  // Only a repository of Sentence Transformers can have the older names.
  for (const name of modules ? settingsFiles : settingsFiles.slice(0, 1)) {
    const file = folder + name;
    const settings = await files.readJson(file);
    if (settings !== null) return { file, settings };
  }
  return { file: folder + settingsFiles[0]!, settings: {} };
}

/** Settings of the multimodal and multi-vector models that Sentence Transformers 6 also loads. */
function refuseUnsupported({ model }: ModelFiles, file: string, settings: Json): void {
  for (const name of ["query_length", "document_length", "query_expansion"]) {
    if (settings[name]) throw unsupported(model, file, `sets ${name}`);
  }
  const task = settings.transformer_task ?? "feature-extraction";
  if (task !== "feature-extraction") throw unsupported(model, file, `has the transformer_task ${show(task)}`);
  const { text, common } = (settings.processing_kwargs ?? {}) as Record<string, object | undefined>;
  if (Object.keys({ ...text, ...common }).length > 0) throw unsupported(model, file, "sets processing_kwargs of texts");
  const modalities = settings.modality_config as Record<string, Json> | undefined;
  if (!modalities) return;
  const output = modalities.text?.method_output_name;
  if (output === undefined) throw unsupported(model, file, "has no modality_config of plain texts");
  if (output !== "last_hidden_state") throw unsupported(model, file, `takes the output ${show(output)} of the model`);
}
