export type {
  FaissStoreErrorCode,
  FaissStoreErrorDetails,
  IdentityDifference,
} from "./errors.ts";
export { FaissStoreError } from "./errors.ts";
export { FaissStore } from "./faiss-store.ts";
export type { TextEmbedding } from "./interchange/prompt-variants.ts";
export { promptVariants } from "./interchange/prompt-variants.ts";
export type {
  ForeignFormat,
  ImportEmbedding,
  ImportOptions,
  ImportVariant,
  LangChainDocument,
  LangChainExportOptions,
  PythonObject,
} from "./interchange-types.ts";
export type { LazyFaissStoreOptions } from "./lazy-faiss-store.ts";
export { describeEmbedding, LazyFaissStore } from "./lazy-faiss-store.ts";
export { checkChangeOptions, checkImportOptions, checkOpenOptions } from "./options.ts";
export type { ItemToCheck } from "./rows/check-items.ts";
export { checkItems, checkRecord } from "./rows/check-items.ts";
export {
  checkMaximalMarginalRelevanceOptions,
  checkSearchOptions,
} from "./search/search-options.ts";
export type {
  ChangeOptions,
  EngineName,
  EngineOptions,
  FaissStoreEntry,
  FaissStoreFilter,
  FaissStoreHit,
  FaissStoreItem,
  FaissStoreOptions,
  Identity,
  IndexFactory,
  JsonValue,
  MaximalMarginalRelevanceOptions,
  OpenOptions,
  Preset,
  RecordValue,
  SaveOptions,
  SearchOptions,
  UpsertOptions,
  Vector,
} from "./types.ts";
