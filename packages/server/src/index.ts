export { createApp } from "./app.ts";
export { ServerMetrics } from "./metrics/server-metrics.ts";
export { serve } from "./serve.ts";
export { serverProgram } from "./server-program.ts";
export { DocumentIndex } from "./txtai/document-index.ts";
export { DocumentIndexError } from "./txtai/document-index-error.ts";
export type { ForeignOwner } from "./txtai/foreign-documents.ts";

// Types

export type { ServerProgramOptions } from "./cli/program-options.ts";
export type { InputStatistics } from "./embed-inputs.ts";
export type { MisspeltField } from "./http/misspelt-fields.ts";
export type { AppMetrics } from "./metrics/server-metrics.ts";
export type { CloseReport, RunningServer, ServeOptions } from "./node/serve-options.ts";
export type { AppOptions } from "./options.ts";
export type { RequestReport } from "./reports/request-report.ts";
export type { ServerProgram, ServerProgramFlag } from "./server-program.ts";
export type { DocumentHit } from "./txtai/document-index.ts";
export type { DocumentIndexErrorCode } from "./txtai/document-index-error.ts";
export type { DocumentIndexOptions, IndexingOptions } from "./txtai/document-index-options.ts";
export type { IndexedDocument } from "./txtai/indexed-document.ts";
