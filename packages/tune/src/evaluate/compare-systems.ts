import {
  checkOptions,
  invalidArgument,
  isRecord,
  type Rules,
  rules,
  seedRule,
  show,
  someOf,
} from "../check.ts";
import { bootstrapInterval, randomizationTest } from "../statistics/paired-tests.ts";
import { mean } from "../statistics/ranking-metrics.ts";
import type { RetrievalResult } from "./retrieval-report.ts";

/** Options of {@link compareSystems}. */
export interface CompareOptions {
  /** Name of a metric of each query, such as `"mrr@10"`. @default "ndcg@10" */
  metric?: string | undefined;
  /** How often queries are drawn, at most a million times. @default 10000 */
  samples?: number | undefined;
  /** The same seed gives the same figures. @default 0 */
  seed?: number | undefined;
  /** Of the interval, from 0 to 1. @default 0.95 */
  confidence?: number | undefined;
}

/** How much better the second of two systems is. */
export interface SystemComparison {
  readonly metric: string;
  /** Mean of the first system. */
  readonly before: number;
  /** Mean of the second system. */
  readonly after: number;
  /** `after - before`: above 0, the second system is better. */
  readonly difference: number;
  /** Confidence interval of the difference. */
  readonly interval: readonly [low: number, high: number];
  readonly confidence: number;
  /** How likely so large a difference is if both systems are equally good, from 0 to 1. */
  readonly pValue: number;
  /** Number of queries. */
  readonly queries: number;
}

const compareRules: Rules<CompareOptions> = {
  metric: rules.text,
  samples: {
    expected: "a whole number from 1 to 1000000",
    accepts: (value) => rules.count.accepts(value) && (value as number) <= 1_000_000,
  },
  seed: seedRule,
  confidence: rules.fraction,
};

/**
 * Compares two results over the same queries. The interval of the difference is that of a paired
 * bootstrap over queries (percentiles); the p-value is that of a two-sided paired randomization
 * test.
 *
 * @example
 * const { results } = await evaluateRetrieval(embedder, data, { truncateDims: [768, 128] });
 * const { difference, interval, pValue } = compareSystems(results[0], results[1]);
 *
 * @param before - a result of `evaluateRetrieval` or `evaluateRun`
 * @param after - another one, over the same queries
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT`, also if the results have other queries, not that
 * metric, or one that is not finite
 * @see Smucker, Allan, Carterette: A Comparison of Statistical Significance Tests for Information
 * Retrieval Evaluation (CIKM 2007)
 */
export function compareSystems(
  before: Pick<RetrievalResult, "perQuery">,
  after: Pick<RetrievalResult, "perQuery">,
  options: CompareOptions = {},
): SystemComparison {
  checkOptions(options, compareRules);
  const { metric = "ndcg@10", samples = 10_000, seed = 0, confidence = 0.95 } = options;
  const first = valuesOf(before, metric, "before");
  const second = valuesOf(after, metric, "after");
  const other = [
    ...Array.from(first.keys()).filter((id) => !second.has(id)),
    ...Array.from(second.keys()).filter((id) => !first.has(id)),
  ];
  if (other.length > 0) {
    const hint = `Only one of them has ${someOf(other)}.`;
    throw invalidArgument("after", after, "a result over the same queries as `before`", hint);
  }
  const differences = Array.from(first, ([id, value]) => second.get(id)! - value);
  const means = [first, second].map((values) => mean([...values.values()])) as [number, number];
  return {
    metric,
    before: means[0],
    after: means[1],
    difference: mean(differences),
    interval: bootstrapInterval(differences, { samples, seed, confidence }),
    confidence,
    pValue: randomizationTest(differences, { samples, seed }),
    queries: differences.length,
  };
}

function valuesOf(
  result: Pick<RetrievalResult, "perQuery">,
  metric: string,
  name: string,
): ReadonlyMap<string, number> {
  const { perQuery } = isRecord(result) ? result : {};
  if (!(perQuery instanceof Map) || perQuery.size === 0) {
    const isReport = isRecord(result) && "results" in result;
    const hint = isReport ? "Pass one of the `results` of the report." : undefined;
    throw invalidArgument(name, result, "a result of evaluateRetrieval or evaluateRun", hint);
  }
  const values = new Map<string, number>();
  for (const [id, metrics] of perQuery as RetrievalResult["perQuery"]) {
    const value = isRecord(metrics) ? metrics[metric] : undefined;
    if (value === undefined)
      throw invalidArgument("metric", metric, `one of ${Object.keys(metrics ?? {}).join(", ")}`);
    if (!Number.isFinite(value)) {
      const expected = `a result whose ${metric} is a finite number for each query`;
      throw invalidArgument(name, result, expected, `For ${show(id)}, it is ${show(value)}.`);
    }
    values.set(id, value);
  }
  return values;
}
