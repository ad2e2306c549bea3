/** At how many results each metric is computed. */
export interface CutOffs {
  readonly accuracyAtK: readonly number[];
  readonly precisionRecallAtK: readonly number[];
  readonly ndcgAtK: readonly number[];
  readonly mrrAtK: readonly number[];
  readonly mapAtK: readonly number[];
}

/**
 * What the sum of precisions is divided by in average precision at `k`: `"best"`, the smaller one
 * of `k` and the number of relevant documents, as in Sentence Transformers, or `"relevant"`, the
 * number of relevant documents, as in trec_eval.
 */
export type AveragePrecisionDivisor = "best" | "relevant";

/**
 * Metrics of the ranking of one query. A document with a grade above 0 is relevant.
 *
 * - `accuracy@k`: 1 if a relevant document is among the first `k`, else 0
 * - `precision@k`: relevant documents among the first `k`, divided by `k`
 * - `recall@k`: relevant documents among the first `k`, divided by all relevant ones
 * - `ndcg@k`: the sum of grade / log2(rank + 1) over the first `k`, divided by that of the best
 *   ranking; with grades of 1, that of Sentence Transformers
 * - `mrr@k`: 1 / rank of the first relevant document, 0 if it is not among the first `k`
 * - `map@k`: the sum of the precisions at the rank of each relevant document among the first `k`,
 *   divided as `divisor` says
 *
 * @param ranking - ids of documents, best first, each once
 * @param grades - of at least one relevant document, by id
 * @returns one number from 0 to 1 for each metric, in the order of Sentence Transformers
 * @see https://sbert.net/docs/package_reference/sentence_transformer/evaluation.html
 * @see https://github.com/usnistgov/trec_eval
 */
export function rankingMetrics(
  ranking: readonly string[],
  grades: ReadonlyMap<string, number>,
  cutOffs: CutOffs,
  divisor: AveragePrecisionDivisor = "best",
): Record<string, number> {
  const gains = ranking.map((id) => Math.max(grades.get(id) ?? 0, 0));
  const ideal = Array.from(grades.values())
    .filter((grade) => grade > 0)
    .sort((a, b) => b - a);
  const relevant = ideal.length;
  const metrics: Record<string, number> = {};
  const add = (name: string, cuts: readonly number[], metric: (k: number) => number) => {
    for (const k of cuts) metrics[`${name}@${k}`] = metric(k);
  };
  add("accuracy", cutOffs.accuracyAtK, (k) => (hitsAt(gains, k) > 0 ? 1 : 0));
  add("precision", cutOffs.precisionRecallAtK, (k) => hitsAt(gains, k) / k);
  add("recall", cutOffs.precisionRecallAtK, (k) => hitsAt(gains, k) / relevant);
  add("ndcg", cutOffs.ndcgAtK, (k) => gainAt(gains, k) / gainAt(ideal, k));
  add("mrr", cutOffs.mrrAtK, (k) => {
    const first = gains.findIndex((gain) => gain > 0);
    return first >= 0 && first < k ? 1 / (first + 1) : 0;
  });
  add("map", cutOffs.mapAtK, (k) => {
    const best = divisor === "best" ? Math.min(k, relevant) : relevant;
    return precisionsAt(gains, k) / best;
  });
  return metrics;
}

/**
 * The means of metrics over queries.
 *
 * @param perQuery - at least one query; all have the same metrics
 */
export function meanMetrics(
  perQuery: Iterable<Readonly<Record<string, number>>>,
): Record<string, number> {
  const all = Array.from(perQuery);
  const names = Object.keys(all[0]!);
  return Object.fromEntries(
    names.map((name) => [name, mean(all.map((metrics) => metrics[name]!))] as const),
  );
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum / values.length;
}

function hitsAt(gains: readonly number[], k: number): number {
  let hits = 0;
  for (let place = 0; place < Math.min(k, gains.length); place++) if (gains[place]! > 0) hits++;
  return hits;
}

/** Discounted cumulative gain. */
function gainAt(gains: readonly number[], k: number): number {
  let sum = 0;
  for (let place = 0; place < Math.min(k, gains.length); place++)
    sum += gains[place]! / Math.log2(place + 2);
  return sum;
}

function precisionsAt(gains: readonly number[], k: number): number {
  let hits = 0;
  let sum = 0;
  for (let place = 0; place < Math.min(k, gains.length); place++)
    if (gains[place]! > 0) sum += ++hits / (place + 1);
  return sum;
}
