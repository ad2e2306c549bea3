export { EmbeddingGemmaEmbeddings } from "./embeddings.ts";
export { FaissStore } from "./faiss-store.ts";
export { FaissStoreRetriever } from "./retriever.ts";

// Types

export type {
  CombinedFilters,
  FilterOperators,
  FilterValue,
  MetadataFilter,
} from "@embeddinggemma/internal/filters";
export type { FaissDeleteOptions } from "./delete-documents.ts";
export type { DocumentFilter } from "./document-filter.ts";
export type { DocumentRecord } from "./document-record.ts";
export type { EmbeddingGemmaEmbeddingsParams } from "./embeddings.ts";
export type { FaissAddOptions, FaissStoreFromParams, FaissStoreParams } from "./faiss-store.ts";
export type { FaissStoreImportOptions, ImportedDocument } from "./import-store.ts";
export type { FaissStoreLoadOptions } from "./load-store.ts";
export type { FaissRetrieverFields, FaissRetrieverKwargs } from "./retriever.ts";
export type { FaissDiverseSearchOptions, FaissSearchOptions } from "./search-options.ts";
