import type { DocumentInput, EncodeOptions } from "@embeddinggemma/core";
import { checkOptions, invalidArgument, type Rule, type Rules, rules, seedRule } from "../check.ts";

/** How far {@link mineHardNegatives} is. */
export interface MiningProgress {
  /** What is done now. The phases follow each other in this order. */
  readonly phase: "documents" | "queries" | "search";
  /** Documents or queries embedded, or queries searched, so far. */
  readonly done: number;
  readonly total: number;
}

/** Options of {@link mineHardNegatives}. Defaults are those of Sentence Transformers. */
export interface MiningOptions {
  /**
   * Documents that can become negatives, in addition to the documents of all pairs.
   *
   * @default none
   */
  corpus?: readonly DocumentInput[] | undefined;
  /** Number of negatives for each pair. @default 3 */
  numNegatives?: number | undefined;
  /**
   * How many of the best candidates of each query to leave out, after all other conditions. The
   * best ones may be answers that nobody has labelled.
   *
   * @default 0
   */
  rangeMin?: number | undefined;
  /**
   * How many of the documents nearest to each query are candidates, known positives aside. It must
   * leave at least `numNegatives` after `rangeMin`.
   *
   * @default `rangeMin` + 10 × `numNegatives` + the largest number of pairs of one query, if a
   * margin or `maxScore` is set; else `rangeMin` + `numNegatives` + that number
   */
  rangeMax?: number | undefined;
  /** The highest cosine to the query that a negative may have. @default no limit */
  maxScore?: number | undefined;
  /** The lowest cosine to the query that a negative may have. @default no limit */
  minScore?: number | undefined;
  /**
   * How much lower than that of the positive the cosine of a negative must be. With several
   * positives, the lowest of them counts.
   *
   * @default no margin
   */
  absoluteMargin?: number | undefined;
  /**
   * As `absoluteMargin`, as a fraction of the positive's cosine: with 0.05, negatives have at most
   * 95% of it. The NV-Retriever paper found 0.05 best.
   *
   * @default no margin
   * @see https://arxiv.org/abs/2407.15831
   */
  relativeMargin?: number | undefined;
  /** Take the best candidates, or random ones of them. @default "top" */
  samplingStrategy?: "top" | "random" | undefined;
  /** Makes `"random"` repeatable: the same seed gives the same negatives. @default 0 */
  seed?: number | undefined;
  /** Name of the prompt of the queries. @default as `encodeQuery` */
  queryPromptName?: string | undefined;
  /** Text to put before the queries, in place of a named prompt. @default as `encodeQuery` */
  queryPrompt?: string | undefined;
  /** Name of the prompt of the documents. @default as `encodeDocument` */
  corpusPromptName?: string | undefined;
  /** Text to put before the documents, in place of a named prompt. @default as `encodeDocument` */
  corpusPrompt?: string | undefined;
  /** Dimension of the vectors that are compared. @default the embedder's */
  truncateDim?: number | undefined;
  /** Cache of vectors. With one, a run that was stopped goes on. @default the embedder's */
  cache?: EncodeOptions["cache"];
  /** Maximum number of texts in one inference. @default the embedder's */
  batchSize?: number | undefined;
  /** Called after each batch, and from time to time during the search. */
  onProgress?: ((progress: MiningProgress) => void) | undefined;
  /** Stops the call, which rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

const wholeNumber: Rule = {
  expected: "a whole number of at least 0",
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};

const text: Rule = rules.text;

const optionRules: Rules<MiningOptions> = {
  corpus: { expected: "an array of documents", accepts: Array.isArray },
  numNegatives: rules.count,
  rangeMin: wholeNumber,
  rangeMax: rules.count,
  maxScore: rules.number,
  minScore: rules.number,
  absoluteMargin: rules.number,
  relativeMargin: rules.number,
  samplingStrategy: {
    expected: '"top" or "random"',
    accepts: (value) => value === "top" || value === "random",
  },
  seed: seedRule,
  queryPromptName: text,
  queryPrompt: text,
  corpusPromptName: text,
  corpusPrompt: text,
  // The embedder checks these.
  truncateDim: rules.anything,
  cache: rules.anything,
  batchSize: rules.anything,
  onProgress: rules.callback,
  signal: rules.signal,
};

/** How candidates are chosen, with all defaults filled in. */
export interface MiningSettings {
  readonly numNegatives: number;
  readonly rangeMin: number;
  readonly rangeMax: number;
  /** The largest number of pairs of one query. */
  readonly maxPositives: number;
  readonly maxScore?: number | undefined;
  readonly minScore?: number | undefined;
  readonly absoluteMargin?: number | undefined;
  readonly relativeMargin?: number | undefined;
  readonly samplingStrategy: "top" | "random";
  readonly seed: number;
}

export function checkMiningOptions(options: MiningOptions): void {
  checkOptions(options, optionRules);
}

/**
 * Fills in the defaults, which are those of Sentence Transformers.
 *
 * @param maxPositives - the largest number of pairs of one query
 * @throws `INVALID_ARGUMENT` if the range leaves fewer candidates than negatives
 */
export function miningSettings(options: MiningOptions, maxPositives: number): MiningSettings {
  const { numNegatives = 3, rangeMin = 0, samplingStrategy = "top", seed = 0 } = options;
  const { maxScore, minScore, absoluteMargin, relativeMargin } = options;
  const limits = { maxScore, minScore, absoluteMargin, relativeMargin };
  const mayRefuse = [absoluteMargin, relativeMargin, maxScore].some((limit) => limit !== undefined);
  const spare = (mayRefuse ? numNegatives * 10 : numNegatives) + maxPositives;
  const rangeMax = options.rangeMax ?? rangeMin + spare;
  if (rangeMax - rangeMin < numNegatives) {
    const expected = `at least rangeMin + numNegatives, ${rangeMin} + ${numNegatives}`;
    throw invalidArgument("rangeMax", rangeMax, expected);
  }
  return { numNegatives, rangeMin, rangeMax, maxPositives, ...limits, samplingStrategy, seed };
}
