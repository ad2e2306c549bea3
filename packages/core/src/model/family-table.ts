import type { ModelFamily } from "./model-family.ts";
import { embeddingGemma300mValues } from "./self-check-values.ts";

const searchQuery = "task: search result | query: ";
const noTitle = "title: none | text: ";
const classification = "task: classification | query: ";
const codeRetrieval = "task: code retrieval | query: ";
const searchPassages = "Represent this sentence for searching relevant passages: ";
const sentenceSimilarity = "task: sentence similarity | query: ";
const webSearch =
  "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:";
const nomicTasks = {
  query: "search_query: ",
  document: "search_document: ",
  Classification: "classification: ",
  Clustering: "clustering: ",
};
const halfPrecisionOverflows = "its activations overflow in half precision";
const wrongOnWebGpu = "the quantized kernels are wrong there (transformers.js#1728)";

/** The first match counts, so special cases come before general ones. */
export const modelFamilies: readonly ModelFamily[] = [
  {
    // modules.json and config_sentence_transformers.json of google/embeddinggemma-300m; dtypes: its
    // model card and onnxruntime#26732
    name: "EmbeddingGemma 300m",
    pattern: /^embeddinggemma-300m/i,
    published: /^embeddinggemma-300m(-ONNX)?$/i,
    conversion: "onnx-community/embeddinggemma-300m-ONNX",
    config: { model_type: "gemma3_text", hidden_size: 768, num_hidden_layers: 24 },
    pooling: ["mean"],
    maxTokens: 2048,
    dimension: 768,
    matryoshkaDimensions: [768, 512, 256, 128],
    denseLayers: 2,
    normalized: true,
    halfPrecision: halfPrecisionOverflows,
    unsupportedDtypes: { q4f16: halfPrecisionOverflows },
    unsupportedOnDevice: {
      webgpu: { q4: wrongOnWebGpu, q8: wrongOnWebGpu, int8: wrongOnWebGpu, uint8: wrongOnWebGpu },
    },
    selfCheck: embeddingGemma300mValues,
    prompts: {
      query: searchQuery,
      document: noTitle,
      BitextMining: searchQuery,
      Clustering: "task: clustering | query: ",
      Classification: classification,
      InstructionRetrieval: codeRetrieval,
      MultilabelClassification: classification,
      PairClassification: sentenceSimilarity,
      Reranking: searchQuery,
      Retrieval: searchQuery,
      "Retrieval-query": searchQuery,
      "Retrieval-document": noTitle,
      STS: sentenceSimilarity,
      Summarization: "task: summarization | query: ",
    },
  },
  {
    // modules.json, prompts and dtypes of Hugging Face Transformers'
    // convert_embedding_gemma2_weights.py, which made google/embeddinggemma-2; length and dtypes:
    // its model card
    name: "EmbeddingGemma 2",
    pattern: /^embeddinggemma-2(?!\d)/i,
    published: /^embeddinggemma-2(-ONNX)?$/i,
    config: { model_type: "embedding_gemma2" },
    pooling: ["mean"],
    maxTokens: 8192,
    dimension: 768,
    matryoshkaDimensions: [768, 512, 256, 128],
    normalized: true,
    halfPrecision: halfPrecisionOverflows,
    unsupportedDtypes: { q4f16: halfPrecisionOverflows },
    prompts: {
      query: searchQuery,
      document: noTitle,
      SearchQuery: searchQuery,
      Document: noTitle,
      QuestionAnswering: "task: question answering | query: ",
      FactChecking: "task: fact checking | query: ",
      CodeRetrieval: codeRetrieval,
      Classification: classification,
      Clustering: "task: clustering | query: ",
      SentenceSimilarity: sentenceSimilarity,
      BitextMining: searchQuery,
      InstructionRetrieval: codeRetrieval,
      MultilabelClassification: classification,
      PairClassification: sentenceSimilarity,
      Reranking: searchQuery,
      Retrieval: searchQuery,
      "Retrieval-query": searchQuery,
      "Retrieval-document": noTitle,
      STS: sentenceSimilarity,
      Summarization: sentenceSimilarity,
    },
  },
  {
    // modules.json and sentence_bert_config.json of sentence-transformers/all-MiniLM-L6-v2
    name: "MiniLM L6",
    pattern: /^all-MiniLM-L6-v2/i,
    pooling: ["mean"],
    maxTokens: 256,
    normalized: true,
  },
  {
    // the same files of sentence-transformers/all-MiniLM-L12-v2
    name: "MiniLM L12",
    pattern: /^all-MiniLM-L12-v2/i,
    pooling: ["mean"],
    maxTokens: 128,
    normalized: true,
  },
  {
    // model card of intfloat/multilingual-e5-large-instruct: queries get an instruction, documents
    // nothing
    name: "E5 Instruct",
    pattern: /^multilingual-e5-large-instruct/i,
    pooling: ["mean"],
    maxTokens: 512,
    normalized: true,
    prompts: { query: `${webSearch} ` },
  },
  {
    // model cards of intfloat/multilingual-e5-* and intfloat/e5-*: "query: " and "passage: " for
    // retrieval, "query: " for symmetric tasks, classification and clustering
    name: "E5",
    pattern: /^(multilingual-)?e5-(small|base|large)/i,
    pooling: ["mean"],
    maxTokens: 512,
    normalized: true,
    prompts: {
      query: "query: ",
      document: "passage: ",
      BitextMining: "query: ",
      Classification: "query: ",
      Clustering: "query: ",
      PairClassification: "query: ",
      STS: "query: ",
    },
  },
  {
    // model card of BAAI/bge-m3: no instruction
    name: "BGE M3",
    pattern: /^bge-m3/i,
    pooling: ["cls"],
    maxTokens: 8192,
    normalized: true,
  },
  {
    // model card of BAAI/bge-*-zh-v1.5: an instruction for queries, none for passages
    name: "BGE Chinese",
    pattern: /^bge-(small|base|large)-zh/i,
    pooling: ["cls"],
    maxTokens: 512,
    normalized: true,
    prompts: { query: "为这个句子生成表示以用于检索相关文章：" },
  },
  {
    // model card of BAAI/bge-*-en-v1.5: an instruction for queries, none for passages
    name: "BGE English",
    pattern: /^bge-(small|base|large)-en/i,
    pooling: ["cls"],
    maxTokens: 512,
    normalized: true,
    prompts: { query: searchPassages },
  },
  {
    // model cards of Alibaba-NLP/gte-modernbert-base and gte-*-en-v1.5: no prompts
    name: "GTE 1.5",
    pattern: /^gte-(modernbert-base|(base|large)-en-v1\.5)/i,
    pooling: ["cls"],
    maxTokens: 8192,
  },
  {
    // model card of thenlper/gte-*: no prompts
    name: "GTE",
    pattern: /^gte-(small|base|large)$/i,
    pooling: ["mean"],
    maxTokens: 512,
    normalized: true,
  },
  {
    // model card of nomic-ai/nomic-embed-text-v1.5: one prefix per task, vectors are truncated and
    // then normalized
    name: "Nomic Embed Text 1.5",
    pattern: /^nomic-embed-text-v1\.5/i,
    pooling: ["mean"],
    maxTokens: 8192,
    matryoshkaDimensions: [768, 512, 256, 128, 64],
    prompts: nomicTasks,
  },
  {
    // model card and modules.json of nomic-ai/nomic-embed-text-v1
    name: "Nomic Embed Text 1",
    pattern: /^nomic-embed-text-v1(?!\.)/i,
    pooling: ["mean"],
    maxTokens: 8192,
    normalized: true,
    prompts: nomicTasks,
  },
  {
    // model card of mixedbread-ai/mxbai-embed-large-v1; dimensions:
    // https://www.mixedbread.com/blog/binary-mrl
    name: "mxbai Embed Large",
    pattern: /^mxbai-embed-large-v1/i,
    pooling: ["cls"],
    maxTokens: 512,
    matryoshkaDimensions: [1024, 512, 256, 128, 64],
    prompts: { query: searchPassages },
  },
  {
    // angle_config.json of mixedbread-ai/mxbai-embed-xsmall-v1: "avg" pooling, 4,096 tokens; its
    // card has no prompts
    name: "mxbai Embed XSmall",
    pattern: /^mxbai-embed-xsmall-v1/i,
    pooling: ["mean"],
    maxTokens: 4096,
  },
  {
    // model cards of Snowflake/snowflake-arctic-embed-{m,l}-v2.0: also trained for 256 dimensions
    name: "Snowflake Arctic Embed 2",
    pattern: /^snowflake-arctic-embed-[ml]-v2/i,
    pooling: ["cls"],
    maxTokens: 8192,
    matryoshkaDimensions: [256],
    normalized: true,
    prompts: { query: "query: " },
  },
  {
    // model card of Snowflake/snowflake-arctic-embed-m-v1.5: also trained for 256 dimensions
    name: "Snowflake Arctic Embed 1.5",
    pattern: /^snowflake-arctic-embed-m-v1\.5/i,
    pooling: ["cls"],
    maxTokens: 512,
    matryoshkaDimensions: [256],
    normalized: true,
    prompts: { query: searchPassages },
  },
  {
    // config files of Snowflake/snowflake-arctic-embed-m-long
    name: "Snowflake Arctic Embed Long",
    pattern: /^snowflake-arctic-embed-m-long/i,
    pooling: ["cls"],
    maxTokens: 8192,
    normalized: true,
    prompts: { query: searchPassages },
  },
  {
    // config files of Snowflake/snowflake-arctic-embed-{xs,s,m,l}
    name: "Snowflake Arctic Embed",
    pattern: /^snowflake-arctic-embed-(xs|s|m|l)/i,
    pooling: ["cls"],
    maxTokens: 512,
    normalized: true,
    prompts: { query: searchPassages },
  },
  {
    // config_sentence_transformers.json and modules.json of Qwen/Qwen3-Embedding-0.6B; its card:
    // "custom dimensions from 32 to 1024"
    name: "Qwen3 Embedding",
    pattern: /^qwen3-embedding/i,
    pooling: ["lasttoken"],
    maxTokens: 32768,
    matryoshkaDimensions: [1024, 768, 512, 256, 128, 64, 32],
    normalized: true,
    prompts: { query: webSearch },
  },
];
