import type { CutOffs } from "../statistics/ranking-metrics.ts";

/** The cut-offs with which one metric, such as `ndcg@10`, is computed, and no other. */
export function cutOffsOf(metric: string): CutOffs {
  const [name, k] = metric.split("@");
  const of = (...names: string[]) => (names.includes(name!) ? [Number(k)] : []);
  return {
    accuracyAtK: of("accuracy"),
    precisionRecallAtK: of("precision", "recall"),
    ndcgAtK: of("ndcg"),
    mrrAtK: of("mrr"),
    mapAtK: of("map"),
  };
}
