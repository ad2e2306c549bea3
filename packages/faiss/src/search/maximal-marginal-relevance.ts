import { innerProduct } from "../rows/vector-math.ts";

/**
 * Picks candidates one by one. The first has the highest score. Each next one has the highest
 * `lambda × score - (1 - lambda) × similarity`, where similarity is its highest cosine to a
 * candidate picked before. Ties go to the earlier candidate.
 *
 * @param scores - cosine of each candidate to the query
 * @param vectors - unit vectors of the candidates
 * @returns positions of the candidates, in the order in which they were picked
 * @see Carbonell and Goldstein, The use of MMR, diversity-based reranking for reordering documents,
 * SIGIR 1998
 */
export function maximalMarginalRelevance(
  scores: readonly number[],
  vectors: readonly Float32Array[],
  k: number,
  lambda: number,
): number[] {
  const picked: number[] = [];
  const left = new Set(scores.keys());
  const similarity = scores.map(() => Number.NEGATIVE_INFINITY);
  while (picked.length < k && left.size > 0) {
    let best = -1;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (const candidate of left) {
      const penalty = picked.length === 0 ? 0 : (1 - lambda) * similarity[candidate]!;
      const value = (picked.length === 0 ? 1 : lambda) * scores[candidate]! - penalty;
      if (value > bestValue) {
        best = candidate;
        bestValue = value;
      }
    }
    picked.push(best);
    left.delete(best);
    for (const candidate of left) {
      similarity[candidate] = Math.max(
        similarity[candidate]!,
        innerProduct(vectors[candidate]!, vectors[best]!),
      );
    }
  }
  return picked;
}
