import { type Embedder, type SimilarityFunction, similarity } from "@embeddinggemma/core";
import { defined } from "@embeddinggemma/internal";
import {
  checkOptions,
  invalidArgument,
  invalidData,
  isObject,
  type Rules,
  rules,
} from "../check.ts";
import type { Triplet } from "../data/read-pairs.ts";
import { checkDocument, checkQuery } from "../data/retrieval-data.ts";
import { mean } from "../statistics/ranking-metrics.ts";
import { checkVectors } from "../vectors/check-vectors.ts";
import { progressOf } from "./progress.ts";
import { encodingOf, type PromptVariant, promptVariantRules } from "./retrieval-options.ts";
import {
  type ComparisonOptions,
  comparisonRules,
  embedderRule,
  withName,
} from "./similarity-options.ts";

/** Options of {@link evaluateTriplets}. */
export interface TripletEvaluationOptions extends ComparisonOptions, PromptVariant {
  /**
   * By how much the positive must be more similar, for all similarity functions or for each.
   *
   * @default 0
   */
  margin?: number | Readonly<Partial<Record<SimilarityFunction, number>>> | undefined;
}

/** What {@link evaluateTriplets} found out. */
export interface TripletReport {
  /**
   * Shares from 0 to 1, with the names of Sentence Transformers: `cosine_accuracy`. With several
   * similarity functions also the best, `max_accuracy`.
   */
  readonly metrics: Readonly<Record<string, number>>;
  /** Whether the positive of each triplet is more similar, by similarity function. */
  readonly correct: Readonly<Partial<Record<SimilarityFunction, readonly boolean[]>>>;
}

const tripletRules: Rules<TripletEvaluationOptions> = {
  ...comparisonRules,
  ...promptVariantRules,
  margin: {
    expected: "a number, or an object of numbers by similarity function",
    accepts: (value) =>
      isObject(value)
        ? Object.values(value).every(rules.number.accepts)
        : rules.number.accepts(value),
  },
};

/**
 * Measures how often a query is more similar to the right document than to the wrong one, as
 * Sentence Transformers' `TripletEvaluator` does, with its names and defaults. Anchors are embedded
 * with `encodeQuery`, the others with `encodeDocument`.
 *
 * @example
 * const { metrics } = await evaluateTriplets(embedder, [
 *   { anchor: "red planet", positive: "Mars is red.", negative: "Venus is hot." },
 * ]);
 * console.log(metrics.cosine_accuracy);
 *
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT`; `DATA_INVALID` for no triplets, or one that is
 * none; those of `encodeDocument`; the reason of `signal`
 * @see https://sbert.net/docs/package_reference/sentence_transformer/evaluation.html
 */
export async function evaluateTriplets(
  embedder: Embedder,
  triplets: readonly Triplet[],
  options: TripletEvaluationOptions = {},
): Promise<TripletReport> {
  checkOptions({ embedder }, { embedder: embedderRule });
  checkOptions(options, tripletRules);
  checkTriplets(triplets);
  const encoding = { ...encodingOf(options), ...defined({ truncateDim: options.truncateDim }) };
  const total = 3 * triplets.length;
  const progress = progressOf((done) => options.onProgress?.({ system: "embedder", done, total }));
  const anchors = await embedder.encodeQuery(
    triplets.map(({ anchor }) => anchor),
    {
      ...encoding,
      ...defined({ prompt: options.queryPrompt, promptName: options.queryPromptName }),
      ...progress.next(triplets.length),
    },
  );
  const documents = await embedder.encodeDocument(
    triplets.flatMap(({ positive, negative }) => [positive, negative]),
    {
      ...encoding,
      ...defined({ prompt: options.documentPrompt, promptName: options.documentPromptName }),
      ...progress.next(2 * triplets.length),
    },
  );
  checkVectors(anchors, (index) => `triplets[${index}].anchor`);
  checkVectors(documents, (index) => `triplets[${index >> 1}]`);
  const metrics: Record<string, number> = {};
  const correct: Partial<Record<SimilarityFunction, readonly boolean[]>> = {};
  const names = options.similarityFunctions ?? [embedder.similarityFunction];
  for (const compare of names) {
    const margin = marginOf(options.margin, compare);
    const outcomes = anchors.map((anchor, index) => {
      const two = documents.slice(2 * index, 2 * index + 2);
      const [positive, negative] = similarity(anchor, two, compare)[0] as [number, number];
      return positive > negative + margin;
    });
    correct[compare] = outcomes;
    metrics[`${compare}_accuracy`] = mean(outcomes.map(Number));
  }
  if (names.length > 1) metrics.max_accuracy = Math.max(...Object.values(metrics));
  return { metrics: withName(metrics, options.name), correct };
}

function marginOf(margin: TripletEvaluationOptions["margin"], compare: SimilarityFunction): number {
  return (typeof margin === "object" ? margin[compare] : margin) ?? 0;
}

function checkTriplets(triplets: readonly Triplet[]): void {
  const expected = "an array of { anchor, positive, negative }";
  if (!Array.isArray(triplets)) throw invalidArgument("triplets", triplets, expected);
  if (triplets.length === 0) throw invalidData("triplets is empty.", { part: "triplets" });
  for (const [index, triplet] of Array.from(triplets as readonly Triplet[]).entries()) {
    const place = `triplets[${index}]`;
    const { anchor, positive, negative } = Object(triplet) as Triplet;
    checkQuery(anchor, `${place}.anchor`);
    checkDocument(positive, `${place}.positive`);
    checkDocument(negative, `${place}.negative`);
  }
}
