export type { EmbeddingGemmaErrorCode } from "@embeddinggemma/core";
export { EmbeddingGemmaError } from "@embeddinggemma/core";
