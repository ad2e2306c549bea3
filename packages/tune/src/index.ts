export { EmbeddingGemmaError } from "@embeddinggemma/core";
export { readBeir } from "./data/beir.ts";
export { readPairs, readScoredPairs, readTriplets } from "./data/read-pairs.ts";
export { readTrecQrels, readTrecRun, writeTrecRun } from "./data/trec.ts";

// Types

export type { EmbeddingGemmaErrorCode } from "@embeddinggemma/core";
export type { BeirData, ReadBeirOptions } from "./data/beir.ts";
export type { ScoredPair, Triplet } from "./data/read-pairs.ts";
export type { Relevance, RetrievalData, TrainingPair } from "./data/retrieval-data.ts";
export type { Qrels, TrecRun, WriteTrecRunOptions } from "./data/trec.ts";
