import type { Embedder, VectorCache } from "@embeddinggemma/core";
import {
  checkOptions,
  invalidArgument,
  isObject,
  isRecord,
  oneOf,
  type Rule,
  type Rules,
  rules,
  seedRule,
  someCounts,
} from "../check.ts";
import type { TuningPair } from "../data/check-training.ts";
import type { RetrievalData } from "../data/retrieval-data.ts";
import type { TrainingDevice } from "./jax.ts";
import type { LossName, TripletDistance } from "./losses.ts";
import type { TrainingSettings } from "./train.ts";

/** Progress of {@link tune}. */
export interface TuneProgress {
  /** Texts are embedded first, then the adapter is trained, then both are evaluated. */
  readonly phase: "embed" | "train" | "evaluate";
  /** Texts, or steps of the training. */
  readonly done: number;
  readonly total: number;
  /** From 1, while the adapter is trained. */
  readonly epoch?: number | undefined;
}

/** Options of {@link tune}. */
export interface TuneOptions {
  /** What to learn from: a query and a document that answers it. Queries may come several times. */
  pairs: readonly TuningPair[];
  /**
   * Data that chooses the best epoch. Its queries should not be in `pairs`.
   *
   * @default a tenth of the queries of `pairs`, held out, with all documents of `pairs` as corpus
   */
  validation?: RetrievalData | undefined;
  /** Data that nothing is chosen by: the report compares the model before and after on it. */
  test?: RetrievalData | undefined;
  /**
   * Which texts the adapter changes. With `"query"`, vectors of documents stay as they are, so an
   * index of the untuned model can be searched.
   *
   * @default "query"
   */
  sides?: "query" | "both" | undefined;
  /**
   * Makes the matrix of the adapter a product of two, with so many columns and rows: a smaller
   * file.
   *
   * @default a full matrix
   */
  rank?: number | undefined;
  /**
   * The loss, as in Sentence Transformers. `triplet` needs `negatives`, `cosent` needs scores.
   *
   * @default "multipleNegativesRanking"
   */
  loss?: LossName | undefined;
  /** What cosines are multiplied by, for all losses but `triplet`. @default 20 */
  scale?: number | undefined;
  /** Queries at a time, for `cachedMultipleNegativesRanking`. @default 32 */
  miniBatchSize?: number | undefined;
  /** Distance of unit vectors, for `triplet`. @default "euclidean" */
  distance?: TripletDistance | undefined;
  /** How much farther a negative should be than the positive, for `triplet`. @default 5 */
  margin?: number | undefined;
  /** The loss is the sum over vectors cut to these dimensions. @default the model's */
  matryoshkaDims?: readonly number[] | undefined;
  /** Weights of `matryoshkaDims`. @default 1 each */
  matryoshkaWeights?: readonly number[] | undefined;
  /** Passes over the pairs, at most. @default 30 */
  epochs?: number | undefined;
  /** @default 32 */
  batchSize?: number | undefined;
  /** The highest learning rate. @default 0.0003, with `rank` 0.001 */
  learningRate?: number | undefined;
  /** For what share of the steps the learning rate rises. Then it falls to 0. @default 0.1 */
  warmupRatio?: number | undefined;
  /** How strongly steps pull the adapter towards none, as in `torch.optim.AdamW`. @default 10 */
  weightDecay?: number | undefined;
  /** After so many epochs without a better validation metric, training stops. @default 10 */
  patience?: number | undefined;
  /** The same seed gives the same adapter, bit for bit. @default 0 */
  seed?: number | undefined;
  /** The metric that decides, such as `"mrr@10"`. @default "ndcg@10" */
  metric?: string | undefined;
  /** @default in memory, for the call */
  cache?: VectorCache | undefined;
  /**
   * Where gradients are computed. `"webgpu"` needs a runtime that has it, such as Deno.
   *
   * @default "wasm", the CPU
   */
  device?: TrainingDevice | undefined;
  onProgress?: ((progress: TuneProgress) => void) | undefined;
  /** Stops embedding and training. */
  signal?: AbortSignal | undefined;
}

/** {@link TuneOptions} that were checked, with defaults. */
export interface TuneSettings extends TrainingSettings {
  readonly metric: string;
  readonly device: TrainingDevice;
}

const sidesRule = oneOf(["query", "both"]);
const positive: Rule = {
  expected: "a number above 0",
  accepts: (value) => Number.isFinite(value) && (value as number) > 0,
};
const atLeastZero: Rule = {
  expected: "a number of at least 0",
  accepts: (value) => Number.isFinite(value) && (value as number) >= 0,
};

const retrievalDataRule: Rule = {
  expected: "an object with queries, corpus and relevant",
  accepts: isRecord,
  hint: (value) => (value === null ? "Leave it out." : undefined),
};

const tuneRules: Rules<TuneOptions> = {
  pairs: { ...rules.anything, required: true },
  validation: retrievalDataRule,
  test: retrievalDataRule,
  sides: sidesRule,
  rank: rules.count,
  loss: oneOf(["multipleNegativesRanking", "cachedMultipleNegativesRanking", "triplet", "cosent"]),
  scale: positive,
  miniBatchSize: rules.count,
  distance: oneOf(["euclidean", "cosine"]),
  margin: atLeastZero,
  matryoshkaDims: someCounts,
  matryoshkaWeights: {
    expected: "an array of numbers of at least 0, at least one above 0",
    accepts: (value) =>
      Array.isArray(value) &&
      Array.from(value).every(atLeastZero.accepts) &&
      value.some(positive.accepts),
  },
  epochs: rules.count,
  batchSize: rules.count,
  learningRate: positive,
  warmupRatio: rules.fraction,
  weightDecay: atLeastZero,
  patience: rules.count,
  seed: seedRule,
  metric: {
    expected: 'a metric such as "ndcg@10": accuracy, precision, recall, ndcg, mrr or map at k',
    accepts: (value) => typeof value === "string" && metricPattern.test(value),
  },
  cache: rules.anything,
  device: oneOf(["wasm", "webgpu"]),
  onProgress: rules.callback,
  signal: rules.signal,
};

const metricPattern = /^(accuracy|precision|recall|ndcg|mrr|map)@[1-9]\d{0,8}$/;

/** @throws `INVALID_ARGUMENT` */
export function checkTuneOptions(
  options: TuneOptions,
  embedder: Pick<Embedder, "matryoshkaDimensions" | "adapter">,
): TuneSettings {
  if (!isObject(options)) throw invalidArgument("options", options, "an object with pairs");
  checkOptions(options, tuneRules);
  const dimension = embedder.matryoshkaDimensions[0]!;
  const { matryoshkaDims = embedder.matryoshkaDimensions } = options;
  const { matryoshkaWeights = matryoshkaDims.map(() => 1), rank } = options;
  if (matryoshkaDims.some((one) => one > dimension)) {
    throw invalidArgument("matryoshkaDims", matryoshkaDims, `numbers of at most ${dimension}`);
  }
  if (matryoshkaWeights.length !== matryoshkaDims.length) {
    const expected = `an array of ${matryoshkaDims.length} numbers, one for each dimension`;
    throw invalidArgument("matryoshkaWeights", matryoshkaWeights, expected);
  }
  if (rank !== undefined && rank >= dimension) {
    const hint = "Leave it out for a full matrix.";
    throw invalidArgument("rank", rank, `a whole number below ${dimension}`, hint);
  }
  if (embedder.adapter !== null) {
    throw invalidArgument(
      "embedder",
      embedder,
      "an embedder without an adapter, since it has one adapter at a time",
      "Pass `embedder.withAdapter(null)`.",
    );
  }
  return {
    sides: options.sides ?? "query",
    rank,
    loss: options.loss ?? "multipleNegativesRanking",
    scale: options.scale ?? 20,
    miniBatchSize: options.miniBatchSize ?? 32,
    distance: options.distance ?? "euclidean",
    margin: options.margin ?? 5,
    matryoshkaDims: [...matryoshkaDims],
    matryoshkaWeights: [...matryoshkaWeights],
    epochs: options.epochs ?? 30,
    batchSize: options.batchSize ?? 32,
    learningRate: options.learningRate ?? (rank === undefined ? 3e-4 : 1e-3),
    warmupRatio: options.warmupRatio ?? 0.1,
    weightDecay: options.weightDecay ?? 10,
    patience: options.patience ?? 10,
    seed: options.seed ?? 0,
    metric: options.metric ?? "ndcg@10",
    device: options.device ?? "wasm",
  };
}
