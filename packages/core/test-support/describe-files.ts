import { expect } from "vitest";
import {
  type DescriptionOverrides,
  describeModel,
  type ModelDescription,
} from "../src/model/description.ts";

/** Files by path. A string is the text of a file, anything else its JSON. */
export type Files = Readonly<Record<string, unknown>>;

/** Describes a model whose repository has these files. */
export function describeFiles(
  files: Files,
  overrides?: DescriptionOverrides,
  model = "owner/model",
): Promise<ModelDescription> {
  const read = async (name: string) => {
    const content = files[name];
    if (content === undefined) return null;
    return typeof content === "string" ? content : JSON.stringify(content);
  };
  return describeModel(model, read, overrides);
}

/** An entry of `modules.json`. */
export const module = (name: string, path: string) => ({
  idx: 0,
  name: path,
  path,
  type: `sentence_transformers.models.${name}`,
});

/** The files of a BERT with mean pooling, as Sentence Transformers 5 writes them. */
export const bert: Files = {
  "config.json": { model_type: "bert", hidden_size: 384, max_position_embeddings: 512 },
  "modules.json": [
    module("Transformer", ""),
    module("Pooling", "1_Pooling"),
    module("Normalize", "2_Normalize"),
  ],
  "1_Pooling/config.json": {
    word_embedding_dimension: 384,
    pooling_mode_cls_token: false,
    pooling_mode_mean_tokens: true,
    pooling_mode_max_tokens: false,
    pooling_mode_mean_sqrt_len_tokens: false,
    pooling_mode_weightedmean_tokens: false,
    pooling_mode_lasttoken: false,
    include_prompt: true,
  },
  "sentence_bert_config.json": { max_seq_length: 256, do_lower_case: false },
  "tokenizer_config.json": { model_max_length: 512 },
};

export const invalidFile = (file: string) =>
  expect.objectContaining({ code: "MODEL_FILE_INVALID", details: { model: "owner/model", file } });

export const notSupported = (message: string) =>
  expect.objectContaining({
    code: "MODEL_NOT_DESCRIBED",
    message: expect.stringContaining(message),
  });
