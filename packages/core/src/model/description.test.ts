import { describe, expect, test } from "vitest";
import {
  bert,
  describeFiles,
  type Files,
  invalidFile,
  module,
  notSupported,
} from "../../test-support/describe-files.ts";
import type { DescriptionOverrides } from "./description.ts";

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
      poolingSource: "files",
      includePrompt: true,
      denseLayers: 0,
      normalized: true,
      dimension: 384,
      matryoshkaDimensions: [384],
      anyDimension: true,
      truncateDim: null,
      lacksPrompts: false,
      selfCheck: null,
      family: null,
      dtypeRules: null,
    });
  });

  test("has the same description in the format of release 6", async () => {
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

  test("can have Dense layers and prompts, as EmbeddingGemma", async () => {
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

describe("config_sentence_transformers.json", () => {
  const gemma = { ...bert, "config.json": { model_type: "gemma3_text", hidden_size: 384 } };
  const sentenceConfig = { "config_sentence_transformers.json": { prompts: {} } };

  test.for<[string, Files, DescriptionOverrides, string, boolean]>([
    ["has no file with them", gemma, {}, "owner/model", true],
    ["has a file without any", { ...gemma, ...sentenceConfig }, {}, "owner/model", false],
    ["gets them from the caller", gemma, { prompts: {} }, "owner/model", false],
    ["is known by its name", gemma, {}, "owner/embeddinggemma-300m-tuned", false],
    ["is a BERT, which may have none", bert, {}, "owner/model", false],
    ["has no type", { ...bert, "config.json": { hidden_size: 384 } }, {}, "owner/model", false],
  ])("a model %s", async ([, files, overrides, model, lacksPrompts]) => {
    expect(await describeFiles(files, overrides, model)).toMatchObject({ lacksPrompts });
  });

  const describeWith = (described: unknown, overrides?: DescriptionOverrides) =>
    describeFiles({ ...bert, "config_sentence_transformers.json": described }, overrides);

  test("can contain only a version", async () => {
    const description = await describeWith({ __version__: { sentence_transformers: "2.0.0" } });
    expect(description).toMatchObject({
      prompts: { query: "", document: "" },
      defaultPromptName: null,
    });
  });

  test("with a similarity of other kinds of models counts as one without", async () => {
    expect(await describeWith({ similarity_fn_name: "maxsim" })).toMatchObject({
      similarityFunction: "cosine",
    });
    expect(await describeWith({ similarity_fn_name: null })).toMatchObject({
      similarityFunction: "cosine",
    });
  });

  test("can set shorter vectors", async () => {
    expect(await describeWith({ truncate_dim: 100 })).toMatchObject({
      dimension: 384,
      truncateDim: 100,
      matryoshkaDimensions: [384, 100],
    });
  });

  test("cannot set longer vectors than the model has", async () => {
    expect(await describeWith({ truncate_dim: 1000 })).toMatchObject({
      truncateDim: 384,
      matryoshkaDimensions: [384],
    });
  });

  test("with an unknown default prompt is an error", async () => {
    await expect(
      describeWith({ prompts: { query: "q: " }, default_prompt_name: "passage" }),
    ).rejects.toThrow(invalidFile("config_sentence_transformers.json"));
  });

  test("has no effect on prompts of the caller, not even with its default prompt", async () => {
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

describe("missing and invalid files", () => {
  test("config.json is required", async () => {
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
  ])("%s without valid JSON is an error that names it", async (name) => {
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
  ] as const)("%s with %j is an error that names it", async ([name, content]) => {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    await expect(describeFiles({ ...bert, [name]: text })).rejects.toThrow(invalidFile(name));
  });

  test("a Dense layer must have a dimension", async () => {
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
    "a length with tokenizer %j and config %j is an error",
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

  test("modules.json must be an array", async () => {
    await expect(describeFiles({ ...bert, "modules.json": {} })).rejects.toThrow(
      invalidFile("modules.json"),
    );
  });

  test("a model without description is an error that names the option", async () => {
    await expect(describeFiles({ "config.json": { hidden_size: 8 } })).rejects.toThrow(
      notSupported("`pooling`"),
    );
  });

  test("the option pooling is enough", async () => {
    const files = { "config.json": { hidden_size: 8, max_position_embeddings: 64 } };
    expect(await describeFiles(files, { pooling: ["cls", "mean"] })).toMatchObject({
      pooling: ["cls", "mean"],
      dimension: 16,
      maxTokens: 64,
    });
  });
});

describe("an ONNX repository without files of Sentence Transformers", () => {
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

  test("has files that take precedence over its family", async () => {
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

  test.for([
    [{ prompts: {} }, ""],
    [{ prompts: { document: "" } }, ""],
    [{ prompts: null }, "Represent this sentence for searching relevant passages: "],
    [{}, "Represent this sentence for searching relevant passages: "],
  ])("with %j has the query prompt %j", async ([config, query]) => {
    const files = { "config_sentence_transformers.json": config };
    const { prompts } = await onnx("me/bge-base-en-v1.5-support", files);
    expect(prompts).toEqual({ query, document: "" });
  });

  test("has no trained dimensions of its family if config.json has an empty list", async () => {
    const config = { hidden_size: 768, max_position_embeddings: 64, matryoshka_dimensions: [] };
    const description = await onnx("embeddinggemma-300m-ONNX", { "config.json": config });
    expect(description).toMatchObject({ matryoshkaDimensions: [768], anyDimension: false });
  });

  test("is told by its architecture, whatever its folder is called", async () => {
    const config = { model_type: "gemma3_text", hidden_size: 768, num_hidden_layers: 24 };
    const described = { ...bert, "config.json": config };
    const pooling = { "1_Pooling/config.json": { word_embedding_dimension: 768 } };
    expect(await describeFiles({ ...described, ...pooling }, {}, "my-model")).toMatchObject({
      matryoshkaDimensions: [768, 512, 256, 128],
      anyDimension: false,
      denseLayers: 0, // as modules.json says
      prompts: { query: "", document: "" },
      selfCheck: null,
    });
    const undescribed = await describeFiles(
      { "config.json": config },
      { pooling: "mean", prompts: {} },
    );
    expect(undescribed).toMatchObject({ denseLayers: 2, normalized: true, dimension: 768 });
  });

  test("is at most as long as its tokenizer and its positions allow", async () => {
    const files = { "tokenizer_config.json": { model_max_length: 100 } };
    expect(await onnx("all-MiniLM-L6-v2", files)).toMatchObject({ maxTokens: 100 });
    const config = { hidden_size: 384, max_position_embeddings: 64 };
    const short = await onnx("all-MiniLM-L6-v2", { "config.json": config });
    expect(short).toMatchObject({ maxTokens: 64 });
  });

  test("has modules that take precedence over the dimension of its family", async () => {
    const files = { ...bert, "1_Pooling/config.json": { pooling_mode_mean_tokens: true } };
    const description = await describeFiles(files, {}, "embeddinggemma-300m");
    expect(description).toMatchObject({ denseLayers: 0, dimension: 384 });
  });

  test("has the length of its tokenizer if it has modules", async () => {
    const files = { ...bert, "sentence_bert_config.json": undefined };
    expect(await describeFiles(files, {}, "Xenova/all-MiniLM-L6-v2")).toMatchObject({
      maxTokens: 512,
    });
  });
});

describe("the dimensions that a model was trained for", () => {
  const describeWith = (matryoshka_dimensions: unknown, others: Files = {}) =>
    describeFiles({
      ...bert,
      ...others,
      "config.json": { ...(bert["config.json"] as object), matryoshka_dimensions },
    });

  test("are those that its files say", async () => {
    expect(await describeWith([64, 128])).toMatchObject({
      matryoshkaDimensions: [384, 128, 64],
      anyDimension: false,
    });
  });

  test("are not known if its files say nothing, or only the length of its vectors", async () => {
    const own = { "config_sentence_transformers.json": { truncate_dim: 100 } };
    expect(await describeWith(null)).toMatchObject({ anyDimension: true });
    expect(await describeWith(null, own)).toMatchObject({ anyDimension: true });
  });
});

describe("the option pooling", () => {
  test("can ask for several modes, and changes the dimension with them", async () => {
    expect(await describeFiles(bert, { pooling: ["cls", "mean"] })).toMatchObject({
      pooling: ["cls", "mean"],
      poolingSource: "option",
      dimension: 768,
    });
  });

  test("is that of the files if they say the same", async () => {
    expect(await describeFiles(bert, { pooling: "mean" })).toMatchObject({
      poolingSource: "files",
    });
  });

  test("is refused before Dense layers, also those of a family", async () => {
    const files = { "config.json": { hidden_size: 768 } };
    await expect(
      describeFiles(files, { pooling: "cls" }, "embeddinggemma-300m"),
    ).rejects.toMatchObject({ code: "INVALID_ARGUMENT", details: { pooling: "cls" } });
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

  test("is required", async () => {
    await expect(describeFiles({ "config.json": {} }, { pooling: "mean" })).rejects.toMatchObject({
      code: "MODEL_FILE_INVALID",
      message: expect.stringContaining("hidden_size"),
    });
  });
});

test("published scores do not apply if the caller overrides prompts", async () => {
  const self_check = { query: "a", documents: ["b"], scores: { 384: [1] } };
  const files = { ...bert, "config.json": { ...(bert["config.json"] as object), self_check } };
  expect((await describeFiles(files)).selfCheck).toEqual(self_check);
  expect((await describeFiles(files, { prompts: { query: "ask: " } })).selfCheck).toBeNull();
});
