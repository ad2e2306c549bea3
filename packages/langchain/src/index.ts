export { EmbeddingGemmaEmbeddings } from "./embeddings.ts";
export { FaissStore } from "./faiss-store.ts";

// Types

export type { CombinedFilters, DocumentFilter, MetadataFilter } from "./document-filter.ts";
export type { DocumentRecord } from "./document-record.ts";
export type { EmbeddingGemmaEmbeddingsParams } from "./embeddings.ts";
export type { FaissStoreFromParams, FaissStoreParams } from "./faiss-store.ts";
export type { FilterOperators, FilterValue } from "./filter-operators.ts";
export type { FaissStoreImportOptions, ImportedDocument } from "./import-store.ts";
