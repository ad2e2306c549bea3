import {
  type Embedder,
  type PromptOptions,
  type SimilarityFunction,
  similarity,
} from "@embeddinggemma/core";
import { defined } from "@embeddinggemma/internal";
import {
  checkOptions,
  invalidArgument,
  invalidData,
  isRecord,
  type Rules,
  rules,
  show,
} from "../check.ts";
import type { ScoredPair } from "../data/read-pairs.ts";
import { pearson, spearman } from "../statistics/correlation.ts";
import { checkVectors } from "../vectors/check-vectors.ts";
import { encodingOf } from "./retrieval-options.ts";
import {
  type ComparisonOptions,
  comparisonRules,
  embedderRule,
  withName,
} from "./similarity-options.ts";

/** Options of {@link evaluateSimilarity}. */
export interface SimilarityEvaluationOptions extends ComparisonOptions, PromptOptions {}

/** What {@link evaluateSimilarity} found out. */
export interface SimilarityReport {
  /**
   * Correlations from -1 to 1, with the names of Sentence Transformers: `pearson_cosine`,
   * `spearman_cosine`. With several similarity functions also the best, `pearson_max` and
   * `spearman_max`.
   */
  readonly metrics: Readonly<Record<string, number>>;
  /** The similarity of each pair, by similarity function. */
  readonly similarities: Readonly<Partial<Record<SimilarityFunction, readonly number[]>>>;
}

const similarityRules: Rules<SimilarityEvaluationOptions> = {
  ...comparisonRules,
  prompt: rules.text,
  promptName: rules.text,
};

/**
 * Measures how well similarities of vectors agree with scores that people gave, as Sentence
 * Transformers' `EmbeddingSimilarityEvaluator` does, with its names and defaults: Pearson's and
 * Spearman's correlation. Texts are embedded with `encode`, so with the prompt of the options, else
 * the model's default prompt, else none; EmbeddingGemma has the prompt `STS` for this.
 *
 * @example
 * const { metrics } = await evaluateSimilarity(embedder, pairs, { promptName: "STS" });
 * console.log(metrics.spearman_cosine);
 *
 * @returns correlations; NaN if all similarities are the same, as in SciPy
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT`; `DATA_INVALID` for fewer than two pairs, a pair
 * that is none, and if all scores are the same; those of `encode`; the reason of `signal`
 * @see https://sbert.net/docs/package_reference/sentence_transformer/evaluation.html
 */
export async function evaluateSimilarity(
  embedder: Embedder,
  pairs: readonly ScoredPair[],
  options: SimilarityEvaluationOptions = {},
): Promise<SimilarityReport> {
  checkOptions({ embedder }, { embedder: embedderRule });
  checkOptions(options, similarityRules);
  const scores = checkPairs(pairs);
  const { similarityFunctions, name, truncateDim, prompt, promptName } = options;
  const texts = pairs.flatMap(({ sentence1, sentence2 }) => [sentence1, sentence2]);
  const vectors = await embedder.encode(texts, {
    ...encodingOf(options),
    ...defined({ truncateDim, prompt, promptName }),
    onProgress: ({ done }) =>
      options.onProgress?.({ system: "embedder", done, total: texts.length }),
  });
  checkVectors(vectors, (index) => `pairs[${index >> 1}]`);
  const metrics: Record<string, number> = {};
  const similarities: Partial<Record<SimilarityFunction, readonly number[]>> = {};
  const names = similarityFunctions ?? [embedder.similarityFunction];
  for (const compare of names) {
    const found = scores.map(
      (_, pair) => similarity(vectors[2 * pair]!, vectors[2 * pair + 1]!, compare)[0]![0]!,
    );
    similarities[compare] = found;
    metrics[`pearson_${compare}`] = pearson(scores, found);
    metrics[`spearman_${compare}`] = spearman(scores, found);
  }
  if (names.length > 1) {
    for (const correlation of ["pearson", "spearman"])
      metrics[`${correlation}_max`] = Math.max(
        ...names.map((compare) => metrics[`${correlation}_${compare}`]!),
      );
  }
  return { metrics: withName(metrics, name), similarities };
}

function checkPairs(pairs: readonly ScoredPair[]): number[] {
  const expected = "an array of { sentence1, sentence2, score }";
  if (!Array.isArray(pairs)) throw invalidArgument("pairs", pairs, expected);
  const scores = Array.from(pairs as readonly ScoredPair[], (pair, index) => {
    const refuse = (place: string, expected: string, value: unknown): never => {
      const message = `pairs[${index}]${place} must be ${expected}; ${show(value)} was given.`;
      throw invalidData(message, { index });
    };
    if (!isRecord(pair)) return refuse("", "{ sentence1, sentence2, score }", pair);
    for (const name of ["sentence1", "sentence2"] as const)
      if (typeof pair[name] !== "string") refuse(`.${name}`, "a string", pair[name]);
    if (!Number.isFinite(pair.score)) refuse(".score", "a finite number", pair.score);
    return pair.score;
  });
  if (scores.length < 2)
    throw invalidData("A correlation needs at least two pairs.", { pairs: scores.length });
  if (scores.every((score) => score === scores[0]))
    throw invalidData("All scores of the pairs are the same, so nothing correlates with them.");
  return scores;
}
