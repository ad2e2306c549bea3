import type { EncodeOptions, PromptName } from "@embeddinggemma/core";
import {
  checkOptions,
  counts,
  invalidArgument,
  isObject,
  type Rules,
  rules,
  someCounts,
} from "../check.ts";
import type { CutOffs } from "../statistics/ranking-metrics.ts";

/** At how many results each metric is computed. The defaults are those of Sentence Transformers. */
export interface CutOffOptions {
  /** @default [1, 3, 5, 10] */
  accuracyAtK?: readonly number[] | undefined;
  /** @default [1, 3, 5, 10] */
  precisionRecallAtK?: readonly number[] | undefined;
  /** @default [10] */
  ndcgAtK?: readonly number[] | undefined;
  /** @default [10] */
  mrrAtK?: readonly number[] | undefined;
  /** @default [100] */
  mapAtK?: readonly number[] | undefined;
}

/** How the texts of an evaluation are embedded. Each option is that of a call of the embedder. */
export interface EncodingOptions
  extends Pick<
    EncodeOptions,
    | "allowUntrainedDim"
    | "normalize"
    | "truncation"
    | "maxBatchTokens"
    | "batchSize"
    | "cache"
    | "signal"
  > {}

/** Prompts to compare. What is left out is as in `encodeQuery` and `encodeDocument`. */
export interface PromptVariant {
  /** Put before every query as it is. */
  readonly queryPrompt?: string | undefined;
  /** Name of a prompt of the model, for queries. @default "query" */
  readonly queryPromptName?: PromptName | undefined;
  /** Put before every document as it is. */
  readonly documentPrompt?: string | undefined;
  /** Name of a prompt of the model, for documents. @default "document" */
  readonly documentPromptName?: PromptName | undefined;
}

/** Progress of an evaluation. */
export interface EvaluationProgress {
  /** Name of the system. */
  readonly system: string;
  /**
   * Texts that are embedded, or found in the cache: queries, then documents. With a store or a
   * retriever, queries that are answered.
   */
  readonly done: number;
  readonly total: number;
}

/** Options of `evaluateRetrieval`. */
export interface RetrievalOptions extends CutOffOptions, EncodingOptions {
  /**
   * Evaluate embedders with vectors cut to each of these dimensions. The texts are embedded once.
   *
   * @default the dimension of each embedder
   */
  truncateDims?: readonly number[] | undefined;
  /** Evaluate embedders with each of these prompts. @default the model's own */
  prompts?: Readonly<Record<string, PromptVariant>> | undefined;
  /** Put before the name of each metric: `name_cosine_ndcg@10`. @default "", nothing */
  name?: string | undefined;
  /**
   * Id in the corpus of what a retriever or a store returned: a document of LangChain.js, a node of
   * LlamaIndex.TS, a hit of a store. Several hits of one document, such as its chunks, count once,
   * at the best rank.
   *
   * @default for a document `id` or `metadata.id`, for a node `id_`, the id of its source node or
   * `metadata.id`, whichever the corpus has; for a hit `id`
   */
  // biome-ignore lint/suspicious/noExplicitAny: what is returned depends on the system.
  documentId?: ((hit: any) => string | undefined) | undefined;
  /** Called while texts are embedded, and for each answer of a retriever. */
  onProgress?: ((progress: EvaluationProgress) => void) | undefined;
}

/** {@link RetrievalOptions} that were checked, with defaults. */
export interface RetrievalSettings
  extends Pick<RetrievalOptions, "truncateDims" | "prompts" | "documentId" | "onProgress"> {
  readonly cutOffs: CutOffs;
  readonly name: string;
  readonly encoding: EncodingOptions;
  /** Number of hits that the metrics need. */
  readonly k: number;
}

export const cutOffRules: Rules<CutOffOptions> = {
  accuracyAtK: counts,
  precisionRecallAtK: counts,
  ndcgAtK: counts,
  mrrAtK: counts,
  mapAtK: counts,
};

/** The embedder itself checks most values. */
export const encodingRules: Rules<EncodingOptions> = {
  allowUntrainedDim: rules.flag,
  normalize: rules.flag,
  truncation: rules.anything,
  maxBatchTokens: rules.anything,
  batchSize: rules.anything,
  cache: rules.anything,
  signal: rules.signal,
};

export const promptVariantRules: Rules<PromptVariant> = {
  queryPrompt: rules.text,
  queryPromptName: rules.text,
  documentPrompt: rules.text,
  documentPromptName: rules.text,
};

const retrievalRules: Rules<RetrievalOptions> = {
  ...cutOffRules,
  ...encodingRules,
  truncateDims: someCounts,
  prompts: {
    expected: "an object of prompts by name, { name: { queryPrompt, documentPrompt } }",
    accepts: (value) => isObject(value) && Object.keys(value).length > 0,
  },
  name: rules.text,
  documentId: rules.callback,
  onProgress: rules.callback,
};

/** @throws `INVALID_ARGUMENT` */
export function checkRetrievalOptions(options: RetrievalOptions): RetrievalSettings {
  checkOptions(options, retrievalRules);
  for (const variant of Object.values(options.prompts ?? {}))
    checkOptions(variant, promptVariantRules);
  const { truncateDims, prompts, documentId, onProgress, name = "" } = options;
  const cutOffs = completeCutOffs(options);
  return {
    truncateDims: truncateDims && Array.from(new Set(truncateDims)),
    prompts,
    documentId,
    onProgress,
    name,
    cutOffs,
    encoding: encodingOf(options),
    k: Math.max(...Object.values(cutOffs).flat()),
  };
}

/** @throws `INVALID_ARGUMENT` if no metric is left */
export function completeCutOffs(options: CutOffOptions): CutOffs {
  const cutOffs = {
    accuracyAtK: options.accuracyAtK ?? [1, 3, 5, 10],
    precisionRecallAtK: options.precisionRecallAtK ?? [1, 3, 5, 10],
    ndcgAtK: options.ndcgAtK ?? [10],
    mrrAtK: options.mrrAtK ?? [10],
    mapAtK: options.mapAtK ?? [100],
  };
  if (Object.values(cutOffs).flat().length > 0) return cutOffs;
  throw invalidArgument("ndcgAtK", [], "an array of at least one number, if all others are empty");
}

/** The options of calls of an embedder, without those that are undefined. */
export function encodingOf(options: EncodingOptions): EncodingOptions {
  const names = Object.keys(encodingRules) as (keyof EncodingOptions)[];
  return Object.fromEntries(
    names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}
