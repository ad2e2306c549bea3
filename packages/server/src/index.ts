export { createApp } from "./app.ts";
export { DocumentIndex } from "./txtai/document-index.ts";
export { DocumentIndexError } from "./txtai/document-index-error.ts";

// Types

export type { AppOptions } from "./options.ts";
export type { DocumentHit, DocumentIndexOptions, IndexedDocument } from "./txtai/document-index.ts";
export type { DocumentIndexErrorCode } from "./txtai/document-index-error.ts";
