export { EmbeddingGemmaEmbeddings } from "./embeddings.ts";
export { FaissStore } from "./faiss-store.ts";

// Types

export type { DocumentFilter, FilterValue } from "./document-filter.ts";
export type { DocumentRecord } from "./document-record.ts";
export type { EmbeddingGemmaEmbeddingsParams } from "./embeddings.ts";
export type {
  FaissStoreFromParams,
  FaissStoreImportOptions,
  FaissStoreParams,
} from "./faiss-store.ts";
