export { Adapter } from "./adapter/adapter.ts";
export { LevelVectorCache } from "./cache/level-vector-cache.ts";
export { MemoryVectorCache } from "./cache/memory-vector-cache.ts";
export { checkHub } from "./check-hub.ts";
export { Embedder } from "./embedder.ts";
export { EmbeddingGemmaError } from "./errors.ts";
export { defaultModel, LazyEmbedder } from "./lazy-embedder.ts";
export { removeCachedModel, scanModelCache } from "./model-cache.ts";
export { dequantizeEmbeddings } from "./vectors/dequantization.ts";
export { quantizeEmbeddings } from "./vectors/quantization.ts";
export { calibrate } from "./vectors/quantization-ranges.ts";
export { hammingDistance, integerSimilarity } from "./vectors/quantized-similarity.ts";
export { similarity } from "./vectors/similarity.ts";

// Types

export type { AdapterFolder, AdapterOption } from "./adapter/adapter-option.ts";
export type {
  AdapterBase,
  AdapterParts,
  AdapterSides,
  AdapterWeights,
  TextSide,
} from "./adapter/adapter-parts.ts";
export type { LevelDatabase, LevelEncodings } from "./cache/level-vector-cache.ts";
export type { MemoryVectorCacheOptions } from "./cache/memory-vector-cache.ts";
export type { VectorCache, VectorCacheEntry } from "./cache/vector-cache.ts";
export type { CachedFile, CachedModel, CachedRevision, ModelCache } from "./cached-models.ts";
export type { CheckHubOptions } from "./check-hub.ts";
export type { ConnectOptions } from "./connect-options.ts";
export type { EmbedderParts } from "./embedder-parts.ts";
export type { EncodeProgress } from "./encoding/encode-texts.ts";
export type { DocumentInput, PromptName, PromptOptions } from "./encoding/prompts.ts";
export type { EncodeStatistics, Truncation } from "./encoding/run-texts.ts";
export type { SelfCheckReport } from "./encoding/self-check.ts";
export type { EmbeddingGemmaErrorCode } from "./errors.ts";
export type { HubReport } from "./files/hub/ask-hub.ts";
export type { DownloadProgress, HubOptions } from "./files/model-folder.ts";
export type { LazyEmbedderOptions } from "./lazy-embedder.ts";
export type { ModelDescription } from "./model/description.ts";
export type { Device } from "./model/load-model.ts";
export type {
  DtypeRules,
  ModelFamily,
  SelfCheckValues,
  SelfCheckVector,
} from "./model/model-family.ts";
export type { PoolingMode } from "./model/modules.ts";
export type { ModelCacheOptions } from "./model-cache.ts";
export type {
  AdapterOptions,
  CountOptions,
  EncodeDefaults,
  EncodeOptions,
  EncodeTokensOptions,
  LoadOptions,
  TokenEmbeddingsOptions,
  TokenizeTextOptions,
} from "./options.ts";
export type {
  Backend,
  BackendOutput,
  Batch,
  DecodeOptions,
  RunOptions,
  SpecialTokens,
  Tokenizer,
} from "./runtime/backend.ts";
export type { Dtype } from "./runtime/dtype.ts";
export type { Token } from "./runtime/tokens-of.ts";
export type { TokenSpan } from "./tokenizer/token-spans.ts";
export type { TokenizeOptions } from "./tokenizer/tokenize-long.ts";
export type { DequantizeOptions } from "./vectors/dequantization.ts";
export type { Precision, QuantizeOptions } from "./vectors/quantization.ts";
export type { QuantizationRanges } from "./vectors/quantization-ranges.ts";
export type { SimilarityFunction } from "./vectors/similarity.ts";
export type { Vector } from "./vectors/vectors.ts";
