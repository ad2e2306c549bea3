import { describe, expect, test } from "vitest";
import { conversionOf, lookUpModel, publishedDimensions } from "./families.ts";

const familyOf = (model: string) => lookUpModel(model, {}).family;

test.for([
  ["onnx-community/embeddinggemma-300m-ONNX", "EmbeddingGemma 300m"],
  ["/models/embeddinggemma-300m-ONNX/", "EmbeddingGemma 300m"],
  ["C:\\models\\embeddinggemma-300m-ONNX", "EmbeddingGemma 300m"],
  ["https://example.org/models/embeddinggemma-300m-ONNX/", "EmbeddingGemma 300m"],
  [
    "/hub/models--onnx-community--embeddinggemma-300m-ONNX/snapshots/0123456789abcdef",
    "EmbeddingGemma 300m",
  ],
  ["C:\\hub\\models--Xenova--bge-m3\\snapshots\\0123456789abcdef\\", "BGE M3"],
  ["onnx-community/embeddinggemma-2-ONNX", "EmbeddingGemma 2"],
  ["Xenova/all-MiniLM-L6-v2", "MiniLM L6"],
  ["Xenova/all-MiniLM-L12-v2", "MiniLM L12"],
  ["Xenova/multilingual-e5-small", "E5"],
  ["Xenova/multilingual-e5-large", "E5"],
  ["Xenova/e5-base-v2", "E5"],
  ["Xenova/multilingual-e5-large-instruct", "E5 Instruct"],
  ["Xenova/bge-small-en-v1.5", "BGE English"],
  ["Xenova/bge-base-zh-v1.5", "BGE Chinese"],
  ["Xenova/bge-m3", "BGE M3"],
  ["Xenova/gte-small", "GTE"],
  ["Alibaba-NLP/gte-modernbert-base", "GTE 1.5"],
  ["nomic-ai/nomic-embed-text-v1.5", "Nomic Embed Text 1.5"],
  ["nomic-ai/nomic-embed-text-v1", "Nomic Embed Text 1"],
  ["mixedbread-ai/mxbai-embed-large-v1", "mxbai Embed Large"],
  ["mixedbread-ai/mxbai-embed-xsmall-v1", "mxbai Embed XSmall"],
  ["Snowflake/snowflake-arctic-embed-l-v2.0", "Snowflake Arctic Embed 2"],
  ["Snowflake/snowflake-arctic-embed-m-v1.5", "Snowflake Arctic Embed 1.5"],
  ["Snowflake/snowflake-arctic-embed-m-long", "Snowflake Arctic Embed Long"],
  ["Snowflake/snowflake-arctic-embed-xs", "Snowflake Arctic Embed"],
  ["onnx-community/Qwen3-Embedding-0.6B-ONNX", "Qwen3 Embedding"],
])("%s belongs to the family %s", ([model, family]) => {
  expect(familyOf(model!)?.name).toBe(family);
});

test.for([
  "onnx-community/embeddinggemma-270m-ONNX",
  "embeddinggemma-300m/other",
  "Xenova/bge-reranker-base",
  "nomic-ai/nomic-embed-text-v2-moe",
  "onnx-community/Qwen3-0.6B-ONNX",
  "Xenova/paraphrase-multilingual-MiniLM-L12-v2",
  "",
])("%j belongs to no family", (model) => {
  expect(familyOf(model)).toBeNull();
});

test.for<[string, boolean, boolean]>([
  ["google/embeddinggemma-300m", false, true],
  ["someone/embeddinggemma-300m", false, false],
  ["models/embeddinggemma-300m", true, true],
  ["./models/embeddinggemma-300m", true, true],
  ["/hub/models--google--embeddinggemma-300m/snapshots/0123456789abcdef", true, true],
  ["/hub/models--someone--embeddinggemma-300m/snapshots/0123456789abcdef", true, false],
])("the conversion of %s (a folder: %s) is known: %s", ([model, isFolder, isKnown]) => {
  const conversion = isKnown ? "onnx-community/embeddinggemma-300m-ONNX" : undefined;
  expect(conversionOf(model, isFolder)).toBe(conversion);
});

describe("prompts of EmbeddingGemma", () => {
  // https://huggingface.co/blog/embeddinggemma
  const blogPostNames = [
    "query",
    "document",
    "BitextMining",
    "Clustering",
    "Classification",
    "InstructionRetrieval",
    "MultilabelClassification",
    "PairClassification",
    "Reranking",
    "Retrieval",
    "Retrieval-query",
    "Retrieval-document",
    "STS",
    "Summarization",
  ];

  test("300m are those of the blog post", () => {
    expect(Object.keys(familyOf("embeddinggemma-300m")!.prompts!)).toEqual(blogPostNames);
  });

  test("2 include all of them, and its own", () => {
    const { prompts } = familyOf("embeddinggemma-2-ONNX")!;
    expect(Object.keys(prompts!)).toEqual(
      expect.arrayContaining([
        ...blogPostNames,
        "SearchQuery",
        "Document",
        "CodeRetrieval",
        "FactChecking",
      ]),
    );
    expect(prompts).toMatchObject({
      QuestionAnswering: "task: question answering | query: ",
      Summarization: "task: sentence similarity | query: ",
    });
  });
});

test.for([
  [
    { model_type: "gemma3_text", hidden_size: 768, num_hidden_layers: 24, vocab_size: 262144 },
    "EmbeddingGemma 300m",
  ],
  [{ model_type: "embedding_gemma2", text_config: { hidden_size: 768 } }, "EmbeddingGemma 2"],
  [{ model_type: "gemma3_text", hidden_size: 256, num_hidden_layers: 2 }, undefined],
  [{ model_type: "bert", hidden_size: 768, num_hidden_layers: 24 }, undefined],
] as const)("config.json with %j has the base %s, but no prompts", ([config, name]) => {
  const { family, base } = lookUpModel("my-fine-tune", config);
  expect(family).toBeNull();
  expect(base).toEqual(name === undefined ? null : familyOf(modelOf[name]));
});

test("the name of a family gives its dtype rules, whatever config.json contains", () => {
  const { family, base } = lookUpModel("embeddinggemma-300m", { model_type: "bert" });
  expect(base?.unsupportedDtypes).toHaveProperty("q4f16");
  expect(base?.halfPrecision).toMatch(/overflow/);
  expect(base).toBe(family);
});

describe("published scores", () => {
  const config = { model_type: "gemma3_text", hidden_size: 768, num_hidden_layers: 24 };

  test.for([
    "google/embeddinggemma-300m",
    "onnx-community/embeddinggemma-300m-ONNX",
    "/models/embeddinggemma-300m-onnx/",
    "/hub/models--onnx-community--embeddinggemma-300m-ONNX/snapshots/0123456789abcdef",
  ])("belong to the base model: %s", (model) => {
    expect(lookUpModel(model, config).selfCheck?.scores).toHaveProperty("256");
  });

  test.for([
    "me/embeddinggemma-300m-medical",
    "me/embeddinggemma-300m-ONNX-medical",
    "embeddinggemma-300m-v2",
    "embeddinggemma-300m-qat-q4_0-unquantized",
    "my-model",
  ])("do not belong to %s", (model) => {
    expect(lookUpModel(model, config).selfCheck).toBeNull();
  });

  test("do not belong to another model in a folder of that name", () => {
    const other = { ...config, num_hidden_layers: 2 };
    expect(lookUpModel("embeddinggemma-300m", other).selfCheck).toBeNull();
  });
});

test("the id of a published model says its dimensions, that of another does not", () => {
  expect(publishedDimensions("onnx-community/embeddinggemma-300m-ONNX")).toEqual({
    dimension: 768,
    matryoshkaDimensions: [768, 512, 256, 128],
  });
  const others = ["me/embeddinggemma-300m", "embeddinggemma-300m", "/google/embeddinggemma-300m"];
  for (const model of [...others, "google/embeddinggemma-300m-medical", "google/gemma", ""])
    expect(publishedDimensions(model)).toBeNull();
});

const modelOf = {
  "EmbeddingGemma 300m": "embeddinggemma-300m",
  "EmbeddingGemma 2": "embeddinggemma-2",
};
