import { isAbsolute } from "node:path";
import { defaultModel, type Embedder, EmbeddingGemmaError } from "@embeddinggemma/core";
import {
  compareSystems,
  evaluateRetrieval,
  type RetrievalResult,
  readBeir,
  type SystemComparison,
  writeTrecRun,
} from "@embeddinggemma/tune";
import { notWritten } from "../failures/file-failure.ts";
import { CutTexts } from "../model/cut-texts.ts";
import type { ModelFlags } from "../model/model-options.ts";
import { openEmbedder } from "../model/open-embedder.ts";
import { checkFileIsWritable } from "../outputs/check-writable.ts";
import { countOf } from "../terminal/count-of.ts";
import { startProgress } from "../terminal/progress.ts";
import { print, type Terminal } from "../terminal/terminal.ts";
import { describeDifference } from "./describe-difference.ts";

export interface EvalFlags extends Omit<ModelFlags, "truncateDim"> {
  split: string;
  truncateDim?: number[];
  run?: string;
  json?: boolean;
}

/** Prints how well a model finds the answers of a BEIR folder. */
export async function evaluate(
  folder: string,
  { split, truncateDim: truncateDims, run, json, ...model }: EvalFlags,
  terminal: Terminal,
): Promise<void> {
  if (run !== undefined) await checkFileIsWritable(run);
  const data = await readBeir(folder, { split });
  const cutTexts = new CutTexts();
  await using embedder = await openEmbedder(model, terminal, cutTexts);
  const progress = startProgress(terminal, "Evaluating");
  const report = await evaluateRetrieval({ [nameOf(model, embedder)]: embedder }, data, {
    truncateDims,
    signal: terminal.signal,
    onProgress: ({ done, total }) => progress.show(done / total, `${done} of ${total} texts`),
  }).finally(() => progress.stop());
  const [first, ...others] = report.results;
  if (run !== undefined) {
    await writeTrecRun(run, first!.rankings).catch((error: unknown) => {
      throw EmbeddingGemmaError.isInstance(error) ? error : notWritten(run, error);
    });
  }
  const [queries, documents] = [first!.perQuery.size, data.corpus.size];
  cutTexts.note(queries + documents, terminal);
  const comparisons = others.map((other) => compareSystems(first!, other));
  if (json) {
    const { identity, queryIdentity } = embedder;
    const results = report.results.map(({ dimension, metrics }) => ({ dimension, metrics }));
    return print(
      terminal,
      JSON.stringify({ identity, queryIdentity, split, queries, documents, results, comparisons }),
    );
  }
  const counts = [countOf(queries, "query", "queries"), countOf(documents, "document")];
  print(terminal, `${counts.join(", ")}\n`);
  print(terminal, String(report));
  if (others.length > 0) print(terminal);
  for (const [index, other] of others.entries())
    print(terminal, compared(first!, other, comparisons[index]!));
}

function nameOf({ model, url, adapter }: ModelFlags, embedder: Embedder): string {
  const name = model ?? (url === undefined ? defaultModel : servedName(url, embedder));
  return adapter ? `${name} with ${adapter}` : name;
}

/** A server may have its model in a folder, which says nothing here. */
function servedName(url: string, { model }: Embedder): string {
  return isAbsolute(model) ? url : model;
}

function compared(
  { dimension: from }: RetrievalResult,
  { dimension: to }: RetrievalResult,
  comparison: SystemComparison,
): string {
  return `${to} instead of ${from} dimensions: ${describeDifference(comparison)}`;
}
