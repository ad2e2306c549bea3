import { describe, expect, test } from "vitest";
import {
  bert,
  describeFiles,
  invalidFile,
  module,
  notSupported,
} from "../../test-support/describe-files.ts";

describe("the maximum length", () => {
  test.for([
    [{ max_seq_length: 128 }, { model_max_length: 512 }, 512, 128],
    [{ max_seq_length: 1024 }, { model_max_length: 512 }, 512, 1024],
    [{ max_seq_length: null }, { model_max_length: 384 }, 512, 384],
    [{}, { model_max_length: 1e30 }, 512, 512],
    [{}, {}, 514, 514],
    [{}, { model_max_length: 2048 }, -1, 2048],
    [
      { max_seq_length: 128, tokenizer_args: { model_max_length: 64 } },
      { model_max_length: 512 },
      512,
      64,
    ],
    [
      { max_seq_length: 128, processor_kwargs: { model_max_length: 64 } },
      { model_max_length: 512 },
      512,
      64,
    ],
  ] as const)(
    "for %j, tokenizer %j and %d positions is %d",
    async ([settings, tokenizer, positions, maxTokens]) => {
      const files = {
        ...bert,
        "config.json": { hidden_size: 384, max_position_embeddings: positions },
        "sentence_bert_config.json": settings,
        "tokenizer_config.json": tokenizer,
      };
      expect(await describeFiles(files)).toMatchObject({ maxTokens });
    },
  );

  test("of a multimodal model comes from its text_config", async () => {
    const files = {
      ...bert,
      "config.json": { text_config: { hidden_size: 384, max_position_embeddings: 1024 } },
      "sentence_bert_config.json": undefined,
      "tokenizer_config.json": {},
    };
    expect(await describeFiles(files)).toMatchObject({ maxTokens: 1024 });
  });

  test("can be lowered by the caller, but not raised", async () => {
    expect(await describeFiles(bert, { maxTokens: 100 })).toMatchObject({ maxTokens: 100 });
    expect(await describeFiles(bert, { maxTokens: 1000 })).toMatchObject({ maxTokens: 256 });
  });

  test.for(["sentence_roberta_config.json", "sentence_xlm-roberta_config.json"])(
    "can be in %s",
    async (name) => {
      const files = {
        ...bert,
        "sentence_bert_config.json": undefined,
        [name]: { max_seq_length: 75 },
      };
      expect(await describeFiles(files)).toMatchObject({ maxTokens: 75 });
    },
  );

  test("can be in the folder of the Transformer module", async () => {
    const files = {
      ...bert,
      "modules.json": [module("Transformer", "0_BERT"), module("Pooling", "1_Pooling")],
      "0_BERT/sentence_bert_config.json": { max_seq_length: 75 },
    };
    expect(await describeFiles(files)).toMatchObject({ maxTokens: 75 });
  });

  test.for([["256"], [0], [-1]] as const)("of %j is an error", async ([max_seq_length]) => {
    await expect(
      describeFiles({ ...bert, "sentence_bert_config.json": { max_seq_length } }),
    ).rejects.toThrow(invalidFile("sentence_bert_config.json"));
  });
});

test.for([
  [{}, { truncation_side: "left" }, "left"],
  [{ tokenizer_args: { truncation_side: "left" } }, { truncation_side: "right" }, "left"],
  [{}, {}, "right"],
] as const)(
  "with %j and %j, texts are cut on the %s",
  async ([settings, tokenizer, truncationSide]) => {
    const files = {
      ...bert,
      "sentence_bert_config.json": settings,
      "tokenizer_config.json": tokenizer,
    };
    expect(await describeFiles(files)).toMatchObject({ truncationSide });
  },
);

test("texts are lowercased if do_lower_case says so", async () => {
  const files = {
    ...bert,
    "sentence_bert_config.json": { max_seq_length: 128, do_lower_case: true },
  };
  expect(await describeFiles(files)).toMatchObject({ lowerCase: true });
});

test.for([
  [{ query_length: 32 }, "query_length"],
  [{ query_expansion: { strategy: "fixed" } }, "query_expansion"],
  [{ transformer_task: "any-to-any" }, "any-to-any"],
  [{ processing_kwargs: { text: { max_length: 32 } } }, "processing_kwargs"],
  [
    {
      modality_config: { message: { method: "forward", method_output_name: "last_hidden_state" } },
    },
    "plain texts",
  ],
  [
    {
      modality_config: {
        text: { method: "get_text_features", method_output_name: "pooler_output" },
      },
    },
    "pooler_output",
  ],
] as const)(
  "unsupported settings that change vectors are refused: %j",
  async ([settings, named]) => {
    await expect(describeFiles({ ...bert, "sentence_bert_config.json": settings })).rejects.toThrow(
      notSupported(named),
    );
  },
);
