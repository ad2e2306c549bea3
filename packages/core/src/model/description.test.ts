import { describe, expect, test } from "vitest";
import { type DescriptionOverrides, describeModel, type ModelDescription } from "./description.ts";

type Files = Readonly<Record<string, unknown>>;

/**
 * Describes a model whose repository has these files; a string is the text of a file, anything else
 * its JSON.
 */
function describeFiles(
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

const module = (name: string, path: string) => ({
  idx: 0,
  name: path,
  path,
  type: `sentence_transformers.models.${name}`,
});

/** The files of a BERT with mean pooling, as Sentence Transformers 5 writes them. */
const bert: Files = {
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

const invalidFile = (file: string) =>
  expect.objectContaining({ code: "MODEL_FILE_INVALID", details: { model: "owner/model", file } });
const notSupported = (message: string) =>
  expect.objectContaining({
    code: "MODEL_NOT_DESCRIBED",
    message: expect.stringContaining(message),
  });

describe("a repository of Sentence Transformers", () => {
  test("is described by its files", async () => {
    expect(await describeFiles(bert)).toEqual({
      prompts: { query: "", document: "" },
      defaultPromptName: null,
      similarityFunction: "cosine",
      maxTokens: 256,
      truncationSide: "right",
      lowerCase: false,
      pooling: ["mean"],
      includePrompt: true,
      denseLayers: 0,
      normalized: true,
      dimension: 384,
      matryoshkaDimensions: [384],
      truncateDim: null,
      selfCheck: null,
      family: null,
      dtypeRules: null,
    });
  });

  test("is described alike in the form of release 6", async () => {
    const released = {
      ...bert,
      "modules.json": [
        {
          idx: 0,
          name: "0",
          path: "",
          type: "sentence_transformers.base.modules.transformer.Transformer",
        },
        {
          idx: 1,
          name: "1",
          path: "1_Pooling",
          type: "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
        },
        {
          idx: 2,
          name: "2",
          path: "2_Normalize",
          type: "sentence_transformers.base.modules.normalize.Normalize",
        },
      ],
      "1_Pooling/config.json": {
        embedding_dimension: 384,
        pooling_mode: "mean",
        include_prompt: true,
      },
      "sentence_bert_config.json": {
        transformer_task: "feature-extraction",
        modality_config: { text: { method: "forward", method_output_name: "last_hidden_state" } },
        module_output_name: "token_embeddings",
      },
      "tokenizer_config.json": { model_max_length: 256 },
    };
    expect(await describeFiles(released)).toEqual(await describeFiles(bert));
  });

  test("of EmbeddingGemma's kind has Dense layers and prompts", async () => {
    const dense = (path: string, in_features: number, out_features: number) => ({
      [`${path}/config.json`]: {
        in_features,
        out_features,
        bias: false,
        activation_function: "torch.nn.modules.linear.Identity",
      },
    });
    const description = await describeFiles({
      "config.json": {
        model_type: "gemma3_text",
        hidden_size: 768,
        max_position_embeddings: 2048,
        matryoshka_dimensions: [768, 512, 256, 128],
      },
      "modules.json": [
        module("Transformer", ""),
        module("Pooling", "1_Pooling"),
        module("Dense", "2_Dense"),
        module("Dense", "3_Dense"),
        module("Normalize", "4_Normalize"),
      ],
      "1_Pooling/config.json": { word_embedding_dimension: 768, pooling_mode_mean_tokens: true },
      ...dense("2_Dense", 768, 3072),
      ...dense("3_Dense", 3072, 512),
      "config_sentence_transformers.json": {
        model_type: "SentenceTransformer",
        prompts: {
          query: "task: search result | query: ",
          document: "title: none | text: ",
          STS: null,
        },
        default_prompt_name: "document",
        similarity_fn_name: "dot",
      },
      "tokenizer_config.json": { model_max_length: 2048 },
    });
    expect(description).toMatchObject({
      prompts: {
        query: "task: search result | query: ",
        document: "title: none | text: ",
        STS: "",
      },
      defaultPromptName: "document",
      similarityFunction: "dot",
      maxTokens: 2048,
      denseLayers: 2,
      dimension: 512,
      matryoshkaDimensions: [512, 256, 128],
    });
  });
});

describe("pooling", () => {
  test.for([
    [
      {
        pooling_mode_cls_token: true,
        pooling_mode_max_tokens: true,
        pooling_mode_mean_tokens: false,
      },
      ["cls", "max"],
    ],
    [{ pooling_mode_lasttoken: true, pooling_mode_mean_tokens: true }, ["mean", "lasttoken"]],
    [{ pooling_mode_mean_tokens: false }, ["mean"]],
    [{}, ["mean"]],
    [{ pooling_mode: "weightedmean", pooling_mode_mean_tokens: true }, ["weightedmean"]],
    [{ pooling_mode: ["mean", "cls"] }, ["mean", "cls"]],
  ] as const)("of %j is %j", async ([config, pooling]) => {
    const files = {
      ...bert,
      "1_Pooling/config.json": { word_embedding_dimension: 384, ...config },
    };
    expect(await describeFiles(files)).toMatchObject({ pooling, dimension: 384 * pooling.length });
  });

  test("may leave the prompt out", async () => {
    const files = {
      ...bert,
      "1_Pooling/config.json": { word_embedding_dimension: 384, include_prompt: false },
    };
    expect(await describeFiles(files)).toMatchObject({ includePrompt: false });
  });

  test.for([["median"], [[]], [["mean", "median"]], [null]] as const)(
    "of mode %j is an error",
    async ([pooling_mode]) => {
      const files = {
        ...bert,
        "1_Pooling/config.json": { word_embedding_dimension: 384, pooling_mode },
      };
      await expect(describeFiles(files)).rejects.toThrow(invalidFile("1_Pooling/config.json"));
    },
  );
});

describe("modules", () => {
  test("that do nothing at inference are passed over, and LayerNorm must be in the graph as Dense must", async () => {
    const modules = [
      module("Transformer", ""),
      module("Pooling", "1_Pooling"),
      module("Dropout", "2_Dropout"),
      module("LayerNorm", "3_LayerNorm"),
    ];
    expect(await describeFiles({ ...bert, "modules.json": modules })).toMatchObject({
      denseLayers: 1,
      normalized: false,
    });
  });

  test.for([
    ["sentence_transformers.models.CNN", "CNN"],
    ["sentence_transformers.models.Router", "Router"],
    ["custom_st.Transformer", "custom_st.Transformer"],
    ["sentence_transformers.models.constructor", "constructor"],
  ] as const)("of type %j are not supported", async ([type, named]) => {
    const modules = [
      module("Transformer", ""),
      { idx: 1, name: "1", path: "1", type },
      module("Pooling", "1_Pooling"),
    ];
    await expect(describeFiles({ ...bert, "modules.json": modules })).rejects.toThrow(
      notSupported(named),
    );
  });

  test("without Pooling are not supported", async () => {
    await expect(
      describeFiles({ ...bert, "modules.json": [module("Transformer", "")] }),
    ).rejects.toThrow(notSupported("no Pooling module"));
  });

  test("on single tokens are not supported", async () => {
    const files = {
      ...bert,
      "modules.json": [
        module("Transformer", ""),
        module("Dense", "1_Dense"),
        module("Pooling", "1_Pooling"),
      ],
      "1_Dense/config.json": {
        in_features: 384,
        out_features: 128,
        module_input_name: "token_embeddings",
      },
    };
    await expect(describeFiles(files)).rejects.toThrow(
      notSupported('a Dense layer on "token_embeddings"'),
    );
  });

  test("whose config.json is missing are an error that names it", async () => {
    await expect(describeFiles({ ...bert, "1_Pooling/config.json": undefined })).rejects.toThrow(
      expect.objectContaining({
        code: "MODEL_FILE_MISSING",
        details: { model: "owner/model", file: "1_Pooling/config.json" },
      }),
    );
  });
});

describe("the length", () => {
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

  test("of a multimodal model is that of its text part", async () => {
    const files = {
      ...bert,
      "config.json": { text_config: { hidden_size: 384, max_position_embeddings: 1024 } },
      "sentence_bert_config.json": undefined,
      "tokenizer_config.json": {},
    };
    expect(await describeFiles(files)).toMatchObject({ maxTokens: 1024 });
  });

  test("can be lowered by the caller, not raised", async () => {
    expect(await describeFiles(bert, { maxTokens: 100 })).toMatchObject({ maxTokens: 100 });
    expect(await describeFiles(bert, { maxTokens: 1000 })).toMatchObject({ maxTokens: 256 });
  });

  test.for(["sentence_roberta_config.json", "sentence_xlm-roberta_config.json"])(
    "may stand in %s",
    async (name) => {
      const files = {
        ...bert,
        "sentence_bert_config.json": undefined,
        [name]: { max_seq_length: 75 },
      };
      expect(await describeFiles(files)).toMatchObject({ maxTokens: 75 });
    },
  );

  test("may stand in the transformer's folder", async () => {
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
  "texts are cut as %j and %j say, on the %s",
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
] as const)("settings that would change vectors are refused: %j", async ([settings, named]) => {
  await expect(describeFiles({ ...bert, "sentence_bert_config.json": settings })).rejects.toThrow(
    notSupported(named),
  );
});

describe("config_sentence_transformers.json", () => {
  const describeWith = (described: unknown, overrides?: DescriptionOverrides) =>
    describeFiles({ ...bert, "config_sentence_transformers.json": described }, overrides);

  test("may be the version alone", async () => {
    const description = await describeWith({ __version__: { sentence_transformers: "2.0.0" } });
    expect(description).toMatchObject({
      prompts: { query: "", document: "" },
      defaultPromptName: null,
    });
  });

  test("may name a similarity of other kinds of models, which counts as none", async () => {
    expect(await describeWith({ similarity_fn_name: "maxsim" })).toMatchObject({
      similarityFunction: "cosine",
    });
    expect(await describeWith({ similarity_fn_name: null })).toMatchObject({
      similarityFunction: "cosine",
    });
  });

  test("may ask for shorter vectors", async () => {
    expect(await describeWith({ truncate_dim: 100 })).toMatchObject({
      dimension: 384,
      truncateDim: 100,
      matryoshkaDimensions: [384, 100],
    });
  });

  test("may ask for more than there is, which is all of it", async () => {
    expect(await describeWith({ truncate_dim: 1000 })).toMatchObject({
      truncateDim: 384,
      matryoshkaDimensions: [384],
    });
  });

  test("with a default prompt that it lacks is an error", async () => {
    await expect(
      describeWith({ prompts: { query: "q: " }, default_prompt_name: "passage" }),
    ).rejects.toThrow(invalidFile("config_sentence_transformers.json"));
  });

  test("gives way to prompts of the caller, and to none of its own as default then", async () => {
    const described = { prompts: { query: "q: ", passage: "p: " }, default_prompt_name: "passage" };
    expect(await describeWith(described, { prompts: { query: "mine: " } })).toMatchObject({
      prompts: { query: "mine: ", document: "" },
      defaultPromptName: null,
    });
  });

  test("of a sparse or multi-vector model is refused", async () => {
    await expect(describeWith({ model_type: "SparseEncoder" })).rejects.toThrow(
      notSupported("SparseEncoder"),
    );
  });
});

describe("files that are missing or broken", () => {
  test("config.json is needed", async () => {
    await expect(describeFiles({})).rejects.toThrow(
      expect.objectContaining({
        code: "MODEL_FILE_MISSING",
        details: { model: "owner/model", file: "config.json" },
      }),
    );
  });

  test.for([
    "config.json",
    "modules.json",
    "1_Pooling/config.json",
    "config_sentence_transformers.json",
    "tokenizer_config.json",
  ])("%s that is no JSON is an error that names it", async (name) => {
    await expect(describeFiles({ ...bert, [name]: '{"cut": ' })).rejects.toThrow(invalidFile(name));
  });

  test.for([
    ["config.json", null],
    ["config.json", [1]],
    ["config.json", { matryoshka_dimensions: 768 }],
    ["config.json", { matryoshka_dimensions: [384, "128"] }],
    ["config.json", { self_check: { query: "a", documents: "b", scores: {} } }],
    ["config.json", { self_check: { query: "a", documents: ["b"], scores: { 384: [] } } }],
    ["modules.json", null],
    ["modules.json", [null]],
    ["modules.json", [{ path: "" }]],
    ["modules.json", [{ type: "sentence_transformers.models.Transformer" }]],
    ["1_Pooling/config.json", { word_embedding_dimension: "384" }],
    ["1_Pooling/config.json", { word_embedding_dimension: 384, include_prompt: "no" }],
    ["config_sentence_transformers.json", "null"],
    ["config_sentence_transformers.json", { prompts: { query: 5 } }],
    ["config_sentence_transformers.json", { prompts: ["query"] }],
    ["config_sentence_transformers.json", { default_prompt_name: 5 }],
    ["config_sentence_transformers.json", { truncate_dim: "256" }],
    ["sentence_bert_config.json", { do_lower_case: "true" }],
    ["sentence_bert_config.json", { tokenizer_args: "left" }],
    ["sentence_bert_config.json", { tokenizer_args: { truncation_side: "top" } }],
    ["sentence_bert_config.json", { processing_kwargs: { text: "none" } }],
    ["tokenizer_config.json", { truncation_side: 1 }],
  ] as const)("%s of %j is an error that names it", async ([name, content]) => {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    await expect(describeFiles({ ...bert, [name]: text })).rejects.toThrow(invalidFile(name));
  });

  test("a Dense layer must tell its dimension", async () => {
    const files = {
      ...bert,
      "modules.json": [
        module("Transformer", ""),
        module("Pooling", "1_Pooling"),
        module("Dense", "2_Dense"),
      ],
      "2_Dense/config.json": { in_features: 384 },
    };
    await expect(describeFiles(files)).rejects.toThrow(invalidFile("2_Dense/config.json"));
  });

  test.for([
    [{ model_max_length: "512" }, {}, "tokenizer_config.json"],
    [{ model_max_length: -1 }, {}, "tokenizer_config.json"],
    [{}, { max_position_embeddings: 0 }, "config.json"],
  ] as const)(
    "a length of tokenizer %j and config %j is an error",
    async ([tokenizer, config, file]) => {
      const files = {
        ...bert,
        "config.json": { hidden_size: 384, ...config },
        "sentence_bert_config.json": {},
        "tokenizer_config.json": tokenizer,
      };
      await expect(describeFiles(files)).rejects.toThrow(invalidFile(file));
    },
  );

  test("null counts as missing", async () => {
    const files = {
      ...bert,
      "config.json": { hidden_size: 384, matryoshka_dimensions: null, self_check: null },
      "config_sentence_transformers.json": {
        prompts: null,
        default_prompt_name: null,
        truncate_dim: null,
      },
      "tokenizer_config.json": { model_max_length: null, truncation_side: null },
    };
    expect(await describeFiles(files)).toEqual(await describeFiles(bert));
  });

  test("modules.json must be a list", async () => {
    await expect(describeFiles({ ...bert, "modules.json": {} })).rejects.toThrow(
      invalidFile("modules.json"),
    );
  });

  test("a model that nothing describes is an error that names the option", async () => {
    await expect(describeFiles({ "config.json": { hidden_size: 8 } })).rejects.toThrow(
      notSupported("`pooling`"),
    );
  });

  test("the option is enough", async () => {
    const files = { "config.json": { hidden_size: 8, max_position_embeddings: 64 } };
    expect(await describeFiles(files, { pooling: ["cls", "mean"] })).toMatchObject({
      pooling: ["cls", "mean"],
      dimension: 16,
      maxTokens: 64,
    });
  });
});

describe("an ONNX repository without these files", () => {
  const onnx = (model: string, files: Files = {}) =>
    describeFiles(
      { "config.json": { hidden_size: 768, max_position_embeddings: 2048 }, ...files },
      {},
      model,
    );

  test("is described by its family", async () => {
    expect(await onnx("onnx-community/embeddinggemma-300m-ONNX")).toMatchObject({
      prompts: { query: "task: search result | query: ", document: "title: none | text: " },
      maxTokens: 2048,
      pooling: ["mean"],
      denseLayers: 2,
      normalized: true,
      dimension: 768,
      matryoshkaDimensions: [768, 512, 256, 128],
    });
  });

  test("speaks before its family where it has a file", async () => {
    const description = await onnx("Xenova/all-MiniLM-L6-v2", {
      "config_sentence_transformers.json": { prompts: { query: "own: " } },
      "sentence_bert_config.json": { max_seq_length: 99 },
    });
    expect(description).toMatchObject({
      prompts: { query: "own: ", document: "" },
      maxTokens: 99,
      pooling: ["mean"],
    });
  });

  test("has the length of its own tokenizer once it has modules", async () => {
    const files = { ...bert, "sentence_bert_config.json": undefined };
    expect(await describeFiles(files, {}, "Xenova/all-MiniLM-L6-v2")).toMatchObject({
      maxTokens: 512,
    });
  });
});

describe("the dimension of a model without modules", () => {
  test.for(["hidden_size", "dim", "n_embd", "d_model"])("is its %s", async (name) => {
    const description = await describeFiles(
      { "config.json": { [name]: 48 } },
      { pooling: ["mean", "max"] },
    );
    expect(description.dimension).toBe(96);
  });

  test("that nothing tells is an error", async () => {
    await expect(describeFiles({ "config.json": {} }, { pooling: "mean" })).rejects.toMatchObject({
      code: "MODEL_FILE_INVALID",
      message: expect.stringContaining("hidden_size"),
    });
  });
});

test("published scores are not those of a model that the caller describes", async () => {
  const self_check = { query: "a", documents: ["b"], scores: { 384: [1] } };
  const files = { ...bert, "config.json": { ...(bert["config.json"] as object), self_check } };
  expect((await describeFiles(files)).selfCheck).toEqual(self_check);
  expect((await describeFiles(files, { prompts: { query: "ask: " } })).selfCheck).toBeNull();
});
