import type { DocumentInput, Embedder } from "@embeddinggemma/core";
import { show } from "../check.ts";
import type { CheckedRetrievalData } from "../data/retrieval-data.ts";
import { placesOf } from "../statistics/compare-ids.ts";
import { checkVectors } from "../vectors/check-vectors.ts";
import { type Comparison, Ranker } from "../vectors/ranker.ts";
import { progressOf } from "./progress.ts";
import type { PromptVariant, RetrievalSettings } from "./retrieval-options.ts";

/** Ids of documents with their scores, best first. */
export type Ranking = readonly (readonly [id: string, score: number])[];

/** Rankings of an embedder's vectors with one of the prompts and dimensions. */
export interface EmbedderRankings {
  readonly prompt: string | undefined;
  readonly dimension: number;
  /** By the id of the query. */
  readonly rankings: ReadonlyMap<string, Ranking>;
}

/** How many documents are embedded at once. Their vectors are dropped before the next ones. */
const blockSize = 2048;

/**
 * Compares all documents with all queries. Each text is embedded once for each prompt, and cut to
 * each of the dimensions.
 *
 * @throws those of `encode` of the embedder; `INFERENCE_FAILED` for vectors that are not finite
 */
export async function rankWithEmbedder(
  { name, system: embedder }: { readonly name: string; readonly system: Embedder },
  data: CheckedRetrievalData,
  settings: RetrievalSettings,
): Promise<EmbedderRankings[]> {
  const comparisons = comparisonsOf(embedder, settings);
  const encoding = {
    ...settings.encoding,
    truncateDim: Math.max(...comparisons.map(({ dimension }) => dimension)),
    normalize: false,
  };
  const groups = groupByDocumentPrompt(settings.prompts);
  const variants = groups.flatMap((group) => group.variants).length;
  const total = data.queries.size * variants + data.corpus.size * groups.length;
  const progress = progressOf((done) => settings.onProgress?.({ system: name, done, total }));
  const queryIds = Array.from(data.queries.keys());
  const queries = Array.from(data.queries.values());
  const corpus = { ids: Array.from(data.corpus.keys()), documents: [...data.corpus.values()] };
  const order = placesOf(corpus.ids);
  const found: EmbedderRankings[] = [];
  for (const { variants, documentPrompt } of groups) {
    const open: { prompt: string | undefined; comparison: Comparison; ranker: Ranker }[] = [];
    for (const [prompt, { queryPrompt, queryPromptName }] of variants) {
      const vectors = await embedder.encodeQuery(queries, {
        ...encoding,
        ...progress.next(queries.length),
        prompt: queryPrompt,
        promptName: queryPromptName,
      });
      checkVectors(vectors, (index) => `the query ${show(queryIds[index])}`);
      for (const comparison of comparisons) {
        const ranker = new Ranker(vectors, comparison, { k: settings.k, order });
        open.push({ prompt, comparison, ranker });
      }
    }
    for (let start = 0; start < corpus.documents.length; start += blockSize) {
      const block: readonly DocumentInput[] = corpus.documents.slice(start, start + blockSize);
      const vectors = await embedder.encodeDocument(block, {
        ...encoding,
        ...progress.next(block.length),
        ...documentPrompt,
      });
      checkVectors(vectors, (index) => `the document ${show(corpus.ids[start + index])}`);
      for (const { ranker } of open) await ranker.add(vectors, start, settings.encoding.signal);
    }
    for (const { prompt, comparison, ranker } of open) {
      const rankings = ranker
        .rankings()
        .map((hits, query): [string, Ranking] => [
          queryIds[query]!,
          hits.map(([index, score]) => [corpus.ids[index]!, score]),
        ]);
      const { dimension } = comparison;
      found.push({ prompt, dimension, rankings: new Map(rankings) });
    }
  }
  return inOrderOf(settings.prompts, found);
}

/** The comparisons that the options ask for. The embedder checks the dimensions. */
function comparisonsOf(embedder: Embedder, { truncateDims, encoding }: RetrievalSettings) {
  const { allowUntrainedDim, normalize } = encoding;
  const dimensions = truncateDims ?? [embedder.dimension];
  return dimensions.map((dimension): Comparison => {
    const options = { truncateDim: dimension, allowUntrainedDim: allowUntrainedDim ?? false };
    const identity = embedder.identityOf(truncateDims ? options : {});
    const normalized = embedder.identityOf({ ...(truncateDims ? options : {}), normalize: true });
    return {
      similarityFunction: embedder.similarityFunction,
      dimension,
      // The embedder's own default shows only in its identity.
      normalize: normalize ?? identity === normalized,
    };
  });
}

interface PromptGroup {
  readonly variants: [name: string | undefined, variant: PromptVariant][];
  readonly documentPrompt: { prompt: string | undefined; promptName: string | undefined };
}

/** Variants with the same prompt for documents share the vectors of the corpus. */
function groupByDocumentPrompt(prompts: RetrievalSettings["prompts"]): PromptGroup[] {
  const variants = prompts ? Object.entries(prompts) : [[undefined, {}] as const];
  const groups = new Map<string, PromptGroup>();
  for (const [name, variant] of variants) {
    const { documentPrompt: prompt, documentPromptName: promptName } = variant as PromptVariant;
    const key = JSON.stringify([prompt ?? null, promptName ?? null]);
    const group = groups.get(key) ?? { variants: [], documentPrompt: { prompt, promptName } };
    group.variants.push([name, variant]);
    groups.set(key, group);
  }
  return Array.from(groups.values());
}

/** In the order in which the options name the prompts. */
function inOrderOf(prompts: RetrievalSettings["prompts"], found: EmbedderRankings[]) {
  const names = Object.keys(prompts ?? {});
  const place = ({ prompt }: EmbedderRankings) => names.indexOf(prompt ?? "");
  return found.sort((a, b) => place(a) - place(b));
}
