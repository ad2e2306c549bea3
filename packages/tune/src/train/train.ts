import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { nextTurn } from "@embeddinggemma/internal";
import { invalidData } from "../check.ts";
import { normal, type SeededRandom, seededRandom } from "../statistics/random.ts";
import { type Matrix, rowsAt, zeros } from "../vectors/matrix.ts";
import { makeBatches } from "./batches.ts";
import type { Compute } from "./jax.ts";
import { LinearMap } from "./linear-map.ts";
import { type Example, type LossBatch, type LossOptions, MatryoshkaLoss } from "./losses.ts";
import { AdamW } from "./optimizer.ts";

/** Vectors of the texts, and the examples, which name texts by their rows. */
interface TrainingSet {
  readonly queries: Matrix;
  readonly documents: Matrix;
  readonly examples: readonly Example[];
}

export interface TrainingSettings extends LossOptions {
  readonly sides: "query" | "both";
  /** Undefined for a full matrix. */
  readonly rank: number | undefined;
  readonly matryoshkaDims: readonly number[];
  readonly matryoshkaWeights: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly warmupRatio: number;
  readonly weightDecay: number;
  /** After so many epochs without a better score, training stops. */
  readonly patience: number;
  readonly seed: number;
}

/** One epoch of {@link TuneReport.history}. */
export interface EpochReport {
  /** From 1. Epoch 0 is the untrained adapter. */
  readonly epoch: number;
  /** Mean of the losses of the epoch's batches. Null for epoch 0. */
  readonly loss: number | null;
  /** The metric on the validation data. */
  readonly score: number;
}

export interface TrainedMap {
  /** The matrices of the best epoch: Δ, or A and B. */
  readonly matrices: readonly Matrix[];
  readonly history: readonly EpochReport[];
  readonly bestEpoch: number;
}

interface TrainingHooks {
  /** The metric of the adapter as it is; more is better. */
  validate(map: LinearMap): Promise<number>;
  onStep?(step: number, steps: number, epoch: number): void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains a linear map on vectors. The same seed gives the same bits.
 *
 * @throws `TRAINING_FAILED` if numbers become not finite; `DATA_INVALID` if no batch has anything
 * to compare
 */
export async function train(
  compute: Compute,
  data: TrainingSet,
  settings: TrainingSettings,
  hooks: TrainingHooks,
): Promise<TrainedMap> {
  const random = seededRandom(settings.seed);
  const map = new LinearMap(compute, startMatrices(data.queries.columns, settings.rank, random));
  const bothSides = settings.sides === "both";
  const { matryoshkaDims, matryoshkaWeights } = settings;
  const loss = new MatryoshkaLoss(compute, settings, matryoshkaDims, bothSides, matryoshkaWeights);
  try {
    const inBatchNegatives = settings.loss.endsWith("egativesRanking");
    const epochs = Array.from({ length: settings.epochs }, () =>
      makeBatches(data.examples, { ...settings, inBatchNegatives }, random),
    );
    checkBatches(epochs.flat(), settings);
    return await trainEpochs({ data, settings, hooks, map, loss, epochs });
  } finally {
    loss.dispose();
  }
}

interface Training {
  readonly data: TrainingSet;
  readonly settings: TrainingSettings;
  readonly hooks: TrainingHooks;
  readonly map: LinearMap;
  readonly loss: MatryoshkaLoss;
  readonly epochs: readonly (readonly Example[][])[];
}

async function trainEpochs(training: Training): Promise<TrainedMap> {
  const { settings, hooks, map, loss, epochs } = training;
  const totalSteps = epochs.reduce((sum, batches) => sum + batches.length, 0);
  const warmupSteps = Math.ceil(totalSteps * settings.warmupRatio);
  const parameters = map.matrices.map(({ data }) => data);
  const optimizer = new AdamW(parameters, { ...settings, totalSteps, warmupSteps });
  const history: EpochReport[] = [{ epoch: 0, loss: null, score: await hooks.validate(map) }];
  let best = { epoch: 0, score: history[0]!.score, parameters: copies(parameters) };
  let step = 0;
  for (const [index, batches] of epochs.entries()) {
    const epoch = index + 1;
    let sum = 0;
    for (const examples of batches) {
      await new Promise<void>(nextTurn);
      hooks.signal?.throwIfAborted();
      const { value, gradients } = await gradientsOf(training, loss.batchOf(examples));
      step++;
      checkLoss(value, step, settings);
      optimizer.step(gradients);
      sum += value;
      hooks.onStep?.(step, totalSteps, epoch);
    }
    const score = await hooks.validate(map);
    hooks.signal?.throwIfAborted();
    history.push({ epoch, loss: sum / batches.length, score });
    if (score > best.score) best = { epoch, score, parameters: copies(parameters) };
    else if (epoch - best.epoch >= settings.patience) break;
  }
  const matrices = map.matrices.map((matrix, index) => ({
    ...matrix,
    data: best.parameters[index]!,
  }));
  return { matrices, history, bestEpoch: best.epoch };
}

/** The value of the loss of a batch, and the gradients of the map's matrices. */
export async function gradientsOf(
  { data, map, loss }: Pick<Training, "map" | "loss"> & { data: Omit<TrainingSet, "examples"> },
  batch: LossBatch,
): Promise<{ value: number; gradients: Float32Array[] }> {
  const queries = rowsAt(data.queries, batch.queries);
  const documents = rowsAt(data.documents, batch.documents);
  const adapted = loss.bothSides ? await map.apply(documents) : documents;
  const result = await loss.compute(await map.apply(queries), adapted, batch);
  const uses: [Matrix, Matrix][] = [[queries, { ...queries, data: result.queries }]];
  if (result.documents !== undefined)
    uses.push([documents, { ...documents, data: result.documents }]);
  return { value: result.value, gradients: await map.gradients(uses) };
}

/** An adapter that changes nothing: Δ is 0, or B is, with a random A. */
function startMatrices(
  dimension: number,
  rank: number | undefined,
  random: SeededRandom,
): Matrix[] {
  if (rank === undefined) return [zeros(dimension, dimension)];
  const first = zeros(dimension, rank);
  const deviation = 1 / Math.sqrt(rank);
  for (let index = 0; index < first.data.length; index++) {
    first.data[index] = normal(random) * deviation;
  }
  return [first, zeros(rank, dimension)];
}

function copies(arrays: readonly Float32Array[]): Float32Array[] {
  return arrays.map((array) => array.slice());
}

/** Where a query meets one document alone, the loss is 0, whatever the adapter. */
function checkBatches(batches: readonly Example[][], { loss, batchSize }: TrainingSettings): void {
  const compares = (batch: readonly Example[]) =>
    loss === "cosent"
      ? new Set(batch.map(({ score }) => score)).size > 1
      : batch.length > 1 || batch[0]!.negatives.length > 0;
  if (batches.some(compares)) return;
  const advice =
    loss === "cosent"
      ? "Give pairs different scores"
      : "Add `negatives`, or pairs with other queries and documents";
  const size = batchSize === 1 ? ", or raise `batchSize`, which is 1" : "";
  throw invalidData(
    `No batch has anything to compare, so there is nothing to learn. ${advice}${size}.`,
    { loss, batchSize },
  );
}

function checkLoss(loss: number, step: number, { learningRate, scale }: TrainingSettings) {
  if (Number.isFinite(loss)) return;
  throw new EmbeddingGemmaError(
    "TRAINING_FAILED",
    `The loss is ${loss} in step ${step}. Lower \`learningRate\` (${learningRate}) or \`scale\` ` +
      `(${scale}).`,
    { step, loss, learningRate, scale },
  );
}
