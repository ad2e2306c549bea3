export { EmbeddingGemmaError } from "@embeddinggemma/core";

// Types

export type { EmbeddingGemmaErrorCode } from "@embeddinggemma/core";
export type { Relevance, RetrievalData, TrainingPair } from "./data/retrieval-data.ts";
