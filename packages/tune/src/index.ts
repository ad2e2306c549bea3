export { EmbeddingGemmaError } from "@embeddinggemma/core";
export { readBeir } from "./data/beir.ts";
export { readPairs, readScoredPairs, readTriplets } from "./data/read-pairs.ts";
export { trainingPairs } from "./data/training-pairs.ts";
export { readTrecQrels, readTrecRun, writeTrecRun } from "./data/trec.ts";
export { compareSystems } from "./evaluate/compare-systems.ts";
export { evaluateRetrieval } from "./evaluate/evaluate-retrieval.ts";
export { evaluateRun } from "./evaluate/evaluate-run.ts";
export { evaluateSimilarity } from "./evaluate/evaluate-similarity.ts";
export { evaluateTriplets } from "./evaluate/evaluate-triplets.ts";
export { RetrievalReport } from "./evaluate/retrieval-report.ts";
export { exportSentenceTransformers } from "./export/export-sentence-transformers.ts";
export { saveAdapter } from "./export/save-adapter.ts";
export { mineHardNegatives } from "./mine/mine-hard-negatives.ts";
export { tune } from "./tune.ts";

// Types

export type { EmbeddingGemmaErrorCode } from "@embeddinggemma/core";
export type { BeirData, ReadBeirOptions } from "./data/beir.ts";
export type { DataWarning, TuningPair } from "./data/check-training.ts";
export type { ScoredPair, Triplet } from "./data/read-pairs.ts";
export type { Relevance, RetrievalData, TrainingPair } from "./data/retrieval-data.ts";
export type { Qrels, TrecRun, WriteTrecRunOptions } from "./data/trec.ts";
export type { CompareOptions, SystemComparison } from "./evaluate/compare-systems.ts";
export type {
  Run,
  RunOptions,
  RunResult,
  ScoresOfDocuments,
} from "./evaluate/evaluate-run.ts";
export type {
  SimilarityEvaluationOptions,
  SimilarityReport,
} from "./evaluate/evaluate-similarity.ts";
export type {
  TripletEvaluationOptions,
  TripletReport,
} from "./evaluate/evaluate-triplets.ts";
export type {
  CutOffOptions,
  EncodingOptions,
  EvaluationProgress,
  PromptVariant,
  RetrievalOptions,
} from "./evaluate/retrieval-options.ts";
export type { RetrievalResult } from "./evaluate/retrieval-report.ts";
export type { ComparisonOptions } from "./evaluate/similarity-options.ts";
export type {
  LangChainRetriever,
  LlamaIndexRetriever,
  NamedSystems,
  QueryEmbedder,
  RetrievalSystem,
  RetrievedDocument,
  RetrievedNode,
  SearchableStore,
  StoreHit,
  StoreSystem,
} from "./evaluate/systems.ts";
export type { ExportOptions } from "./export/export-sentence-transformers.ts";
export type { SkippedCandidates } from "./mine/choose-negatives.ts";
export type {
  MinedNegatives,
  MiningEmbedder,
  MiningStatistics,
} from "./mine/mine-hard-negatives.ts";
export type { MiningOptions, MiningProgress } from "./mine/mining-options.ts";
export type { ScoreSummary } from "./mine/score-summary.ts";
export type { TrainingDevice } from "./train/jax.ts";
export type { LossName, TripletDistance } from "./train/losses.ts";
export type { EpochReport } from "./train/train.ts";
export type { TuneOptions, TuneProgress } from "./train/tune-options.ts";
export type { TuneReport } from "./tune.ts";
