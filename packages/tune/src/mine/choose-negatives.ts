import type { SeededRandom } from "../statistics/random.ts";
import type { MiningSettings } from "./mining-options.ts";

/** How many candidates each condition left out. */
export interface SkippedCandidates {
  absoluteMargin: number;
  relativeMargin: number;
  maxScore: number;
  minScore: number;
}

interface Candidate {
  readonly document: number;
  readonly score: number;
}

/**
 * Chooses the negatives of one query, as `mine_hard_negatives` of Sentence Transformers does: the
 * conditions apply one after the other, then the best `rangeMin` of the rest are left out.
 *
 * @param nearest - at least `rangeMax` + `maxPositives` documents, if there are so many, in
 * descending order of score
 * @param positives - known positives of the query, with their scores
 * @param skipped - is counted up
 * @returns at most `numNegatives`, in descending order of score
 */
export function chooseNegatives(
  nearest: readonly (readonly [document: number, score: number])[],
  positives: ReadonlyMap<number, number>,
  settings: MiningSettings,
  skipped: SkippedCandidates,
  random: SeededRandom,
): Candidate[] {
  const { rangeMin, rangeMax, numNegatives, samplingStrategy } = settings;
  const lowest = Math.min(...positives.values());
  const kept = nearest
    .map(([document, score]) => ({ document, score }))
    .filter(({ document, score }) => {
      if (positives.has(document)) return false;
      const reason = reasonToSkip(score, lowest, settings);
      if (reason !== undefined) skipped[reason]++;
      return reason === undefined;
    })
    .slice(rangeMin, rangeMax);
  return samplingStrategy === "top"
    ? kept.slice(0, numNegatives)
    : sample(kept, numNegatives, random);
}

function reasonToSkip(
  score: number,
  positive: number,
  { absoluteMargin, relativeMargin, maxScore, minScore }: MiningSettings,
): keyof SkippedCandidates | undefined {
  if (absoluteMargin !== undefined && score + absoluteMargin > positive) return "absoluteMargin";
  // The magnitude, so that the margin lowers the limit of a negative cosine, too.
  if (relativeMargin !== undefined && score > positive - Math.abs(positive) * relativeMargin)
    return "relativeMargin";
  if (maxScore !== undefined && score > maxScore) return "maxScore";
  if (minScore !== undefined && score < minScore) return "minScore";
  return undefined;
}

/** Some of the items, in their order. */
function sample<T>(items: readonly T[], size: number, random: SeededRandom): T[] {
  const chosen = new Set<number>();
  // Floyd's algorithm: every subset is equally likely, with one number per item.
  for (let last = Math.max(0, items.length - size); last < items.length; last++) {
    const index = random.integer(last + 1);
    chosen.add(chosen.has(index) ? last : index);
  }
  return items.filter((_, index) => chosen.has(index));
}
