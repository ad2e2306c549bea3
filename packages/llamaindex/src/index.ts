export { EmbeddingGemmaEmbedding } from "./embedding.ts";
export { FaissVectorStore } from "./faiss-vector-store.ts";

// Types

export type { EmbedCallOptions, EmbeddingGemmaEmbeddingParams, Tokenizer } from "./embedding.ts";
export type { FaissQueryParams } from "./faiss-query.ts";
export type { NodeRecord } from "./node-record.ts";
export type { FaissVectorStoreImportParams, FaissVectorStoreParams } from "./store-params.ts";
