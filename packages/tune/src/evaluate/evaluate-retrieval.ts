import { invalidArgument, warn } from "../check.ts";
import {
  type CheckedRetrievalData,
  checkRetrievalData,
  type RetrievalData,
} from "../data/retrieval-data.ts";
import { meanMetrics, rankingMetrics } from "../statistics/ranking-metrics.ts";
import { type Ranking, rankWithEmbedder } from "./rank-embedder.ts";
import { rankWithAnswers } from "./rank-hits.ts";
import {
  checkRetrievalOptions,
  type RetrievalOptions,
  type RetrievalSettings,
} from "./retrieval-options.ts";
import { RetrievalReport, type RetrievalResult } from "./retrieval-report.ts";
import {
  type KnownSystem,
  knownSystems,
  type NamedSystems,
  type RetrievalSystem,
} from "./systems.ts";

/**
 * Measures how well a system finds the relevant documents of queries, as Sentence Transformers'
 * `InformationRetrievalEvaluator` does: accuracy, precision, recall, NDCG, MRR and MAP of the first
 * `k` documents, with its names and defaults. Several systems, `truncateDims` and `prompts` are
 * evaluated at once. The report is a table in Markdown when printed.
 *
 * An embedder compares all documents with each query, by the similarity function of its model.
 * Documents are embedded in blocks, so memory does not grow with the corpus. With a `cache`, a run
 * that was stopped goes on where it stopped. Scores are rounded to float32; equal scores are in the
 * order of the documents' ids, by code points. A `{ embedder, store }` is searched for as many
 * hits as the metrics need; a retriever returns as many as it is set to, and metrics count what it
 * returned.
 *
 * Grades count for NDCG alone, with linear gain as in `trec_eval`. Queries without a relevant
 * document are left out (`skipped`).
 *
 * @example
 * const report = await evaluateRetrieval(embedder, { queries, corpus, relevant }, {
 *   truncateDims: [768, 256, 128],
 * });
 * console.log(String(report));
 *
 * @param system - an embedder, `{ embedder, store }`, a retriever of LangChain.js or LlamaIndex.TS,
 * or an object or Map of several systems by name
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT`, also if `truncateDims` or `prompts` are given and
 * no system is an embedder; `DATA_INVALID` for data that is empty or contradicts itself, and for
 * hits whose id the corpus does not have; those of `encodeDocument`; whatever a store or a
 * retriever throws; the reason of `signal` if it is aborted
 * @see https://sbert.net/docs/package_reference/sentence_transformer/evaluation.html
 */
export async function evaluateRetrieval(
  system: RetrievalSystem | NamedSystems,
  data: RetrievalData,
  options: RetrievalOptions = {},
): Promise<RetrievalReport> {
  const systems = knownSystems(system);
  const settings = checkRetrievalOptions(options);
  const checked = checkRetrievalData(data);
  if (!systems.some(({ kind }) => kind === "embedder")) {
    for (const name of ["truncateDims", "prompts"] as const) {
      if (settings[name] === undefined) continue;
      const hint = "A store and a retriever have vectors of their own.";
      throw invalidArgument(name, settings[name], "left out if no system is an embedder", hint);
    }
  }
  if (checked.corpus.size === 1) {
    const message =
      "The corpus has one document, which is always found, so the figures say nothing.";
    warn(message, "EMBEDDINGGEMMA_ONE_DOCUMENT");
  }
  const results: RetrievalResult[] = [];
  for (const known of systems) {
    settings.encoding.signal?.throwIfAborted();
    results.push(...(await evaluateSystem(known, checked, settings)));
  }
  return new RetrievalReport(results, checked.skipped);
}

async function evaluateSystem(
  known: KnownSystem,
  data: CheckedRetrievalData,
  settings: RetrievalSettings,
): Promise<RetrievalResult[]> {
  const { name: system } = known;
  if (known.kind !== "embedder") {
    const rankings = await rankWithAnswers(known, data, settings);
    // Scores of a store are cosines.
    const similarity = known.kind === "store" ? "cosine" : undefined;
    return [{ name: system, system, ...figuresOf(rankings, data, settings, similarity) }];
  }
  const found = await rankWithEmbedder(known, data, settings);
  return found.map(({ prompt, dimension, rankings }) => {
    const parts = [system, prompt, settings.truncateDims && `${dimension} dimensions`];
    const name = parts.filter((part) => part !== undefined).join(", ");
    const similarity = known.system.similarityFunction;
    const figures = figuresOf(rankings, data, settings, similarity);
    return { name, system, prompt, dimension, ...figures };
  });
}

function figuresOf(
  rankings: ReadonlyMap<string, Ranking>,
  { relevant }: CheckedRetrievalData,
  { cutOffs, name }: RetrievalSettings,
  similarity: string | undefined,
): Pick<RetrievalResult, "metrics" | "perQuery" | "rankings"> {
  const perQuery = new Map(
    Array.from(rankings, ([query, ranking]) => {
      const ids = ranking.map(([id]) => id);
      return [query, rankingMetrics(ids, relevant.get(query)!, cutOffs)];
    }),
  );
  const prefix = [name, similarity].filter(Boolean).map((part) => `${part}_`);
  const metrics = Object.fromEntries(
    Object.entries(meanMetrics(perQuery.values())).map(([metric, value]) => [
      prefix.join("") + metric,
      value,
    ]),
  );
  return { metrics, perQuery, rankings };
}
