import {
  Adapter,
  type DocumentInput,
  type Embedder,
  EmbeddingGemmaError,
  MemoryVectorCache,
  type VectorCache,
} from "@embeddinggemma/core";
import { invalidArgument, invalidData, show, warn } from "./check.ts";
import { checkTraining, type DataWarning } from "./data/check-training.ts";
import { type CheckedRetrievalData, checkRetrievalData } from "./data/retrieval-data.ts";
import { compareSystems, type SystemComparison } from "./evaluate/compare-systems.ts";
import { evaluateRetrieval } from "./evaluate/evaluate-retrieval.ts";
import { progressOf } from "./evaluate/progress.ts";
import { completeCutOffs } from "./evaluate/retrieval-options.ts";
import type { RetrievalReport } from "./evaluate/retrieval-report.ts";
import { embedderHint } from "./evaluate/systems.ts";
import type { CutOffs } from "./statistics/ranking-metrics.ts";
import { cutOffsOf } from "./train/cut-offs.ts";
import { Compute } from "./train/jax.ts";
import { type EpochReport, type TrainedMap, train } from "./train/train.ts";
import { checkTuneOptions, type TuneOptions, type TuneSettings } from "./train/tune-options.ts";
import { holdOut, numberTexts } from "./train/tuning-texts.ts";
import { validator } from "./train/validation.ts";
import { checkVectors } from "./vectors/check-vectors.ts";
import { type Matrix, matrixOf } from "./vectors/matrix.ts";

/** What {@link tune} made, and what it is worth. */
export interface TuneReport {
  /** The adapter of the best epoch. If nothing was better than no adapter, it changes nothing. */
  readonly adapter: Adapter;
  /** Whether the metric went up, on the validation data and on `test`, if it was given. */
  readonly improved: boolean;
  /** The model without and with the adapter on `test`, else on the validation data. */
  readonly before: RetrievalReport;
  readonly after: RetrievalReport;
  /** How much better it became on that data, with a confidence interval and a p-value. */
  readonly difference: SystemComparison;
  /** The validation metric and the loss of each epoch, from epoch 0, no adapter. */
  readonly history: readonly EpochReport[];
  /** The epoch of the adapter. */
  readonly bestEpoch: number;
  /**
   * What should be looked at in the data, such as queries of `test` that are also in `pairs`. Each
   * is also a warning of the process.
   */
  readonly warnings: readonly DataWarning[];
}

/**
 * Trains an adapter: a small linear map on the vectors of a model, which learns from queries and
 * the documents that answer them. The model's weights stay as they are. Each text is embedded once.
 *
 * After each epoch, the metric is measured on validation data, and the best epoch is kept. No
 * adapter at all is one of the candidates: without a gain, the adapter changes nothing, and
 * `improved` is false.
 *
 * @example
 * const { adapter, difference, improved } = await tune(embedder, { pairs, validation, test });
 * if (improved) await saveAdapter(adapter, "./adapters/planets");
 *
 * const tuned = embedder.withAdapter(adapter);
 *
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT`; `DATA_INVALID` for data that is empty,
 * contradicts itself, or has nothing to learn; `INFERENCE_FAILED` for vectors that are not finite
 * or zeros; `TRAINING_FAILED`; those of `encodeDocument`; the reason of `signal` if it is aborted
 */
export async function tune(embedder: Embedder, options: TuneOptions): Promise<TuneReport> {
  if (typeof embedder?.withAdapter !== "function") {
    const hint = embedderHint(embedder) ?? "Load one with `await Embedder.load(model)`.";
    throw invalidArgument("embedder", embedder, "an Embedder", hint);
  }
  const settings = checkTuneOptions(options, embedder);
  const given = options.validation && checkRetrievalData(options.validation, "validation");
  if (given?.corpus.size === 1) {
    throw invalidData(
      "validation.corpus has one document, so every query finds it, and no epoch is better than " +
        "another. Add the documents that should not be found.",
      { documents: 1 },
    );
  }
  const test = options.test && checkRetrievalData(options.test, "test");
  const checked = checkTraining(options.pairs, {
    scored: settings.loss === "cosent",
    heldOut: { validation: given, test },
  });
  const texts = numberTexts(checked.pairs, settings.loss);
  const { training, validation } = given
    ? { training: texts, validation: given }
    : holdOut(texts, settings.seed);
  const warnings = [...checked.warnings, ...texts.warnings];
  for (const { code, message } of warnings) warn(message, code);
  const { signal, onProgress } = options;
  const compute = await Compute.load(settings.device);
  const embed = embedding(embedder, options, [
    training.queries.length,
    training.documents.length,
    validation.queries.size,
    validation.corpus.size,
  ]);
  const queries = await embed.queries(training.queries);
  const documents = await embed.documents(training.documents);
  refuseZeros(queries, training.queries, settings);
  refuseZeros(documents, training.documents, settings);
  const vectors = {
    queries: await embed.queries(Array.from(validation.queries.values())),
    corpus: await embed.documents(Array.from(validation.corpus.values())),
  };
  const data = { queries, documents, examples: training.examples };
  const trained = await train(compute, data, settings, {
    validate: validator(compute, validation, vectors, settings),
    onStep: (done, total, epoch) => onProgress?.({ phase: "train", done, total, epoch }),
    signal,
  });
  const adapter = makeAdapter(embedder, settings, trained, {
    pairs: training.examples.length,
    validationQueries: validation.queries.size,
  });
  const reports = await evaluateBoth(embedder, adapter, test ?? validation, settings, {
    ...options,
    cache: embed.cache,
  });
  const { bestEpoch, history } = trained;
  const improved = bestEpoch > 0 && reports.difference.difference > 0;
  return { adapter, improved, ...reports, history, bestEpoch, warnings };
}

/** Embeds texts as full vectors without an adapter. Reports progress over all of them. */
function embedding(embedder: Embedder, options: TuneOptions, counts: readonly number[]) {
  const { signal, onProgress } = options;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const dimension = embedder.matryoshkaDimensions[0]!;
  // Room for all vectors, with what the cache itself needs.
  const cache: VectorCache =
    options.cache ?? new MemoryVectorCache({ maxBytes: Math.max(1, total) * 2 * dimension * 4 });
  const progress = progressOf((done) => onProgress?.({ phase: "embed", done, total }));
  const encodeOptions = (count: number) => ({
    cache,
    truncateDim: dimension,
    normalize: false,
    ...(signal && { signal }),
    ...progress.next(count),
  });
  const checked = (vectors: readonly Float32Array[], texts: readonly DocumentInput[]) => {
    checkVectors(vectors, (index) => `the text ${show(texts[index])}`);
    return matrixOf(vectors, dimension);
  };
  return {
    cache,
    queries: async (texts: readonly string[]) =>
      checked(await embedder.encodeQuery(texts, encodeOptions(texts.length)), texts),
    documents: async (texts: readonly DocumentInput[]) =>
      checked(await embedder.encodeDocument(texts, encodeOptions(texts.length)), texts),
  };
}

/** No linear map changes zeros, and their cosines are not numbers. */
function refuseZeros(
  { data, rows, columns }: Matrix,
  texts: readonly DocumentInput[],
  { matryoshkaDims }: TuneSettings,
): void {
  const length = Math.min(...matryoshkaDims);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    if (data.subarray(start, start + length).some((number) => number !== 0)) continue;
    throw new EmbeddingGemmaError(
      "INFERENCE_FAILED",
      `The first ${length} numbers of the vector of the text ${show(texts[row])} are all 0, so ` +
        "nothing can be learned from it. Check the model and the cache.",
      { text: texts[row], length },
    );
  }
}

function makeAdapter(
  embedder: Embedder,
  settings: TuneSettings,
  { matrices, history, bestEpoch }: TrainedMap,
  counts: Readonly<Record<string, number>>,
): Adapter {
  const { sides, rank, device, ...others } = settings;
  const [first, second] = matrices;
  return Adapter.from({
    sides,
    dimension: first!.rows,
    weights: second === undefined ? { delta: first!.data } : { a: first!.data, b: second.data },
    base: { model: embedder.model, identity: embedder.modelIdentity },
    training: {
      ...others,
      ...counts,
      bestEpoch,
      before: history[0]!.score,
      after: history[bestEpoch]!.score,
    },
  });
}

async function evaluateBoth(
  embedder: Embedder,
  adapter: Adapter,
  data: CheckedRetrievalData,
  { metric }: TuneSettings,
  { cache, signal, onProgress }: Pick<TuneOptions, "cache" | "signal" | "onProgress">,
) {
  const total = 2 * (data.queries.size + data.corpus.size);
  const evaluate = (system: Embedder, start: number) =>
    evaluateRetrieval(system, data, {
      ...withDefaults(metric),
      cache,
      signal,
      onProgress: ({ done }) => onProgress?.({ phase: "evaluate", done: start + done, total }),
    });
  const before = await evaluate(embedder, 0);
  const after = await evaluate(embedder.withAdapter(adapter), total / 2);
  const difference = compareSystems(before.results[0]!, after.results[0]!, { metric });
  return { before, after, difference };
}

/** The usual cut-offs, and that of the metric. */
function withDefaults(metric: string): CutOffs {
  const own = cutOffsOf(metric);
  const merged = Object.entries(completeCutOffs({})).map(([name, usual]: [string, number[]]) => {
    const more = own[name as keyof CutOffs];
    return [name, Array.from(new Set([...usual, ...more])).sort((a, b) => a - b)];
  });
  return Object.fromEntries(merged);
}
