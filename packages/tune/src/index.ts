export { EmbeddingGemmaError } from "@embeddinggemma/core";
export { readBeir } from "./data/beir.ts";
export { readPairs, readScoredPairs, readTriplets } from "./data/read-pairs.ts";
export { readTrecQrels, readTrecRun, writeTrecRun } from "./data/trec.ts";
export { mineHardNegatives } from "./mine/mine-hard-negatives.ts";

// Types

export type { EmbeddingGemmaErrorCode } from "@embeddinggemma/core";
export type { BeirData, ReadBeirOptions } from "./data/beir.ts";
export type { ScoredPair, Triplet } from "./data/read-pairs.ts";
export type { Relevance, RetrievalData, TrainingPair } from "./data/retrieval-data.ts";
export type { Qrels, TrecRun, WriteTrecRunOptions } from "./data/trec.ts";
export type {
  MinedNegatives,
  MiningEmbedder,
  MiningStatistics,
} from "./mine/mine-hard-negatives.ts";
export type { MiningOptions, MiningProgress } from "./mine/mining-options.ts";
export type { ScoreSummary } from "./mine/score-summary.ts";
