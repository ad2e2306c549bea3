export { createApp } from "./app.ts";
export { DocumentIndex } from "./documents/document-index.ts";
export { DocumentIndexError } from "./documents/document-index-error.ts";
export type { ForeignOwner } from "./documents/foreign-documents.ts";
export { ServerMetrics } from "./metrics/server-metrics.ts";
export { serve } from "./serve.ts";
export { serverProgram } from "./server-program.ts";

// Types

export type {
  CombinedFilters,
  FilterOperators,
  FilterValue,
  MetadataFilter,
} from "@embeddinggemma/internal/filters";
export type { ServerProgramOptions } from "./cli/program-options.ts";
export type { DocumentIndexErrorCode } from "./documents/document-index-error.ts";
export type { DocumentIndexOptions, IndexingOptions } from "./documents/document-index-options.ts";
export type { IndexedDocument } from "./documents/indexed-document.ts";
export type { DocumentHit, DocumentSearchOptions } from "./documents/search-documents.ts";
export type { InputStatistics } from "./embed-inputs.ts";
export type { MisspeltField } from "./http/misspelt-fields.ts";
export type { AppMetrics } from "./metrics/server-metrics.ts";
export type { CloseReport, RunningServer, ServeOptions } from "./node/serve-options.ts";
export type { AppOptions } from "./options.ts";
export type { RequestReport } from "./reports/request-report.ts";
export type { ServerProgram, ServerProgramFlag } from "./server-program.ts";
