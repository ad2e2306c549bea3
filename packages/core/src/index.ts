export { Embedder } from "./embedder.ts";
export { EmbeddingGemmaError } from "./errors.ts";
export { defaultModel, LazyEmbedder } from "./lazy-embedder.ts";
export { LevelVectorCache } from "./level-vector-cache.ts";
export { MemoryVectorCache } from "./memory-vector-cache.ts";
export { quantizeEmbeddings } from "./quantization.ts";
export { similarity } from "./similarity.ts";

// Types

export type { Backend, BackendOutput, Batch, SpecialTokens, Tokenizer } from "./backend.ts";
export type { EncodeDefaults, EncodeOptions, LoadOptions } from "./encode-options.ts";
export type { EncodeProgress, Truncation } from "./encode-texts.ts";
export type { EmbeddingGemmaErrorCode } from "./errors.ts";
export type { DownloadProgress } from "./hub-snapshot.ts";
export type { LazyEmbedderOptions } from "./lazy-embedder.ts";
export type { MemoryVectorCacheOptions } from "./memory-vector-cache.ts";
export type { ModelDescription, PoolingMode, SimilarityFunction } from "./model-description.ts";
export type { DocumentInput, PromptOptions } from "./prompts.ts";
export type { Precision, QuantizationRanges, QuantizeOptions } from "./quantization.ts";
export type { SelfCheckReport } from "./self-check.ts";
export type { Vector } from "./similarity.ts";
export type { Dtype } from "./transformers-backend.ts";
export type { VectorCache, VectorCacheEntry } from "./vector-cache.ts";
