import { checkOptions, invalidData, type Rules, rules, show, someOf } from "../check.ts";
import {
  entriesOf,
  gradesByQuery,
  hasRelevant,
  type RetrievalData,
} from "../data/retrieval-data.ts";
import { compareIds } from "../statistics/compare-ids.ts";
import { meanMetrics, rankingMetrics } from "../statistics/ranking-metrics.ts";
import { type CutOffOptions, completeCutOffs, cutOffRules } from "./retrieval-options.ts";
import type { RetrievalResult } from "./retrieval-report.ts";

/** What a system found: scores of documents, by the id of the query and that of the document. */
export type Run =
  | Readonly<Record<string, ScoresOfDocuments>>
  | ReadonlyMap<string, ScoresOfDocuments>;

/** Scores by the id of the document; higher is better. */
export type ScoresOfDocuments = Readonly<Record<string, number>> | ReadonlyMap<string, number>;

/** Options of {@link evaluateRun}. */
export interface RunOptions extends CutOffOptions {
  /** Name of the result. @default "run" */
  name?: string | undefined;
}

/** Figures of a run. The names of its metrics are without similarity: `ndcg@10`. */
export interface RunResult extends RetrievalResult {
  /** Ids of queries that were left out, because they have no relevant document. */
  readonly skipped: readonly string[];
  /** Ids of queries that the run lacks. All their metrics are 0. */
  readonly missing: readonly string[];
}

const runRules: Rules<RunOptions> = { ...cutOffRules, name: rules.text };

/**
 * Measures a run, such as that of a TREC file, as trec_eval and `pytrec_eval` do. NDCG is graded,
 * with linear gain. Average precision (`map@k`) is divided by the number of all relevant documents,
 * unlike in `evaluateRetrieval`. Scores count as float32; equal ones are in descending order of the
 * documents' ids.
 *
 * Queries that the run lacks count as 0, as with trec_eval's `-c` (`missing`). Those without a
 * relevant document are left out (`skipped`), as are queries of the run without judgments.
 *
 * @example
 * const qrels = { q1: { mars: 2, venus: 1 } };
 * const { metrics } = evaluateRun({ q1: { venus: 0.9, mars: 0.8 } }, qrels);
 * console.log(metrics["ndcg@10"]); // 0.86
 *
 * @param run - scores by the ids of query and document, as `readTrecRun` reads them
 * @param qrels - relevant documents or grades, by the id of the query,
 * as `readTrecQrels` reads them
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT`, `DATA_INVALID` for scores and grades that are no
 * finite numbers, if no query has a relevant document, and if the run has none of the queries
 * @see https://github.com/cvangysel/pytrec_eval
 */
export function evaluateRun(
  run: Run,
  qrels: RetrievalData["relevant"],
  options: RunOptions = {},
): RunResult {
  checkOptions(options, runRules);
  const { name = "run" } = options;
  const cutOffs = completeCutOffs(options);
  const judged = gradesByQuery(qrels, "qrels");
  const found = new Map(
    Array.from(entriesOf(run, "run", "scores by the id of a query"), ([query, scores]) => [
      query,
      rankingOf(scores, query),
    ]),
  );
  const rankings = new Map<string, readonly (readonly [id: string, score: number])[]>();
  const perQuery = new Map<string, Readonly<Record<string, number>>>();
  const skipped: string[] = [];
  for (const [query, grades] of judged) {
    if (!hasRelevant(grades)) {
      skipped.push(query);
      continue;
    }
    const ranking = found.get(query) ?? [];
    const ids = ranking.map(([id]) => id);
    rankings.set(query, ranking);
    perQuery.set(query, rankingMetrics(ids, grades, cutOffs, "relevant"));
  }
  if (perQuery.size === 0) {
    throw invalidData("No query of qrels has a relevant document.", { queries: skipped });
  }
  const missing = Array.from(perQuery.keys()).filter((query) => !found.has(query));
  if (missing.length === perQuery.size) {
    throw invalidData(
      `The run has none of the queries of qrels. It has ${someOf(found.keys()) || "no query"}; ` +
        `qrels has ${someOf(missing)}.`,
      { queries: missing },
    );
  }
  const metrics = meanMetrics(perQuery.values());
  return { name, system: name, metrics, perQuery, rankings, skipped, missing };
}

function rankingOf(scores: unknown, query: string): [id: string, score: number][] {
  const name = `run, query ${show(query)}`;
  const entries = entriesOf(scores, name, "scores by the id of a document");
  const hits = Array.from(entries, ([id, score]): [string, number] => {
    if (typeof score === "number" && !Number.isNaN(score)) return [id, score];
    throw invalidData(`${name}: the score of ${show(id)} must be a number; it is ${show(score)}.`, {
      query,
      document: id,
    });
  });
  return hits.sort((a, b) => Math.fround(b[1]) - Math.fround(a[1]) || compareIds(b[0], a[0]));
}
