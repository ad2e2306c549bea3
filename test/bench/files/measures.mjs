/** Spearman's rank correlation. Equal numbers share the mean of their ranks. */
export function spearman(left, right) {
  const [a, b] = [ranksOf(left), ranksOf(right)];
  const mean = (a.length - 1) / 2;
  let [products, squaresA, squaresB] = [0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    products += (a[index] - mean) * (b[index] - mean);
    squaresA += (a[index] - mean) ** 2;
    squaresB += (b[index] - mean) ** 2;
  }
  return products / Math.sqrt(squaresA * squaresB);
}

function ranksOf(numbers) {
  const order = numbers.map((_, index) => index).sort((a, b) => numbers[a] - numbers[b]);
  const ranks = new Array(numbers.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && numbers[order[end]] === numbers[order[start]]) end++;
    for (let position = start; position < end; position++)
      ranks[order[position]] = (start + end - 1) / 2;
    start = end;
  }
  return ranks;
}

/**
 * Mean normalised discounted cumulative gain of the first ten hits, as in trec_eval: the gain of a
 * hit is its grade.
 *
 * @param hits - for each query, ids of documents, best first
 * @param grades - for each query, a map from relevant ids to their grades
 */
export function ndcgAt10(hits, grades) {
  const gain = (values) =>
    values.slice(0, 10).reduce((sum, value, rank) => sum + value / Math.log2(rank + 2), 0);
  const scores = hits.map((ids, query) => {
    const best = [...grades[query].values()].sort((a, b) => b - a);
    return gain(ids.map((id) => grades[query].get(id) ?? 0)) / gain(best);
  });
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** Cosine of the first `dimension` numbers of two vectors. */
export function cosine(a, b, dimension) {
  let [dot, squaresA, squaresB] = [0, 0, 0];
  for (let index = 0; index < dimension; index++) {
    dot += a[index] * b[index];
    squaresA += a[index] ** 2;
    squaresB += b[index] ** 2;
  }
  return dot / Math.sqrt(squaresA * squaresB);
}
