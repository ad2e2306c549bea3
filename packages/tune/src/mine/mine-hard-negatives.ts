import type { DocumentInput, EncodeOptions } from "@embeddinggemma/core";
import { invalidArgument, invalidData, isRecord } from "../check.ts";
import { documentKey } from "../data/document-key.ts";
import { Numbering } from "../data/numbering.ts";
import { checkDocument, checkTrainingPairs, type TrainingPair } from "../data/retrieval-data.ts";
import { seededRandom } from "../statistics/random.ts";
import { checkVectors } from "../vectors/check-vectors.ts";
import { dot, Ranker } from "../vectors/ranker.ts";
import { chooseNegatives, type SkippedCandidates } from "./choose-negatives.ts";
import {
  checkMiningOptions,
  type MiningOptions,
  type MiningProgress,
  type MiningSettings,
  miningSettings,
} from "./mining-options.ts";
import { type ScoreSummary, summarize } from "./score-summary.ts";

/** What {@link mineHardNegatives} needs of an embedder, such as an `Embedder`. */
export interface MiningEmbedder {
  encodeQuery(queries: readonly string[], options: EncodeOptions): Promise<Float32Array[]>;
  encodeDocument(
    documents: readonly DocumentInput[],
    options: EncodeOptions,
  ): Promise<Float32Array[]>;
}

/** What {@link mineHardNegatives} found. */
export interface MinedNegatives {
  /**
   * The pairs that negatives were found for, with up to `numNegatives` of them, the nearest first.
   * Each pair occurs once. Pairs of one query follow each other and have the same negatives.
   */
  readonly pairs: TrainingPair[];
  readonly statistics: MiningStatistics;
}

/** Figures about the mining, which Sentence Transformers prints. */
export interface MiningStatistics {
  /** Number of different queries. */
  readonly queries: number;
  /** Number of different documents that were searched. */
  readonly documents: number;
  /** Cosines of all pairs. */
  readonly positive: ScoreSummary;
  /** Cosines of the query and the negative, for each negative of each pair. */
  readonly negative: ScoreSummary;
  /** How much lower than that of its pair the cosine of each negative is. */
  readonly difference: ScoreSummary;
  /** How many candidates each condition left out. A candidate counts for the first one. */
  readonly skipped: Readonly<SkippedCandidates>;
  /** How many negatives are missing from `numNegatives` for each pair. */
  readonly missing: number;
  /** How many pairs are left out, because no negative was found for them. */
  readonly pairsWithoutNegatives: number;
}

/**
 * Finds hard negatives: documents that are near to a query and do not answer it. It embeds all
 * queries and documents, compares each query with each document, and takes the nearest ones that
 * meet your conditions. A document that is paired with a query is never a negative of that query.
 * The results are those of `mine_hard_negatives` of Sentence Transformers with
 * `output_format="labeled-list"`. For its `"n-tuple"`, keep the pairs with `numNegatives`
 * negatives; for its `"triplet"`, make one pair of each negative.
 *
 * Each text is embedded once. Memory is that of the vectors.
 *
 * @param pairs - queries with documents that answer them. A query may have several pairs. Negatives
 * that they have already are replaced.
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT` for invalid options; `DATA_INVALID` for pairs that
 * are none, and if no negative is found at all; `INFERENCE_FAILED` for vectors that are not finite;
 * errors of the embedder
 * @see https://sbert.net/docs/package_reference/util/retrieval.html
 * @example
 * const { pairs, statistics } = await mineHardNegatives(embedder, await readPairs("train.jsonl"), {
 *   relativeMargin: 0.05,
 * });
 */
export async function mineHardNegatives(
  embedder: MiningEmbedder,
  pairs: readonly TrainingPair[],
  options: MiningOptions = {},
): Promise<MinedNegatives> {
  if (!isRecord(embedder) || typeof embedder.encodeDocument !== "function")
    throw invalidArgument("embedder", embedder, "an Embedder");
  checkMiningOptions(options);
  const texts = textsOf(pairs, options.corpus ?? []);
  const settings = miningSettings(options, texts.maxPositives);
  const vectors = await embed(embedder, texts, options);
  const found = await mineFromVectors(vectors, texts.positives, settings, options);
  if (found.statistics.negative.count === 0) throw nothingFound(texts, found.statistics.skipped);
  const mined = found.negatives.flatMap((negatives, query) =>
    negatives.length === 0
      ? []
      : texts.positives[query]!.map((positive) => ({
          query: texts.queries[query]!,
          document: texts.documents[positive]!,
          negatives: negatives.map((document) => texts.documents[document]!),
        })),
  );
  return { pairs: mined, statistics: found.statistics };
}

/** Texts without repetitions. */
interface Texts {
  readonly queries: readonly string[];
  readonly documents: readonly DocumentInput[];
  /** Positions of the documents that answer each query. */
  readonly positives: readonly (readonly number[])[];
  /** The largest number of pairs of one query, as given. */
  readonly maxPositives: number;
}

function textsOf(given: readonly TrainingPair[], corpus: readonly DocumentInput[]): Texts {
  const pairs = checkTrainingPairs(given);
  const documents = new Numbering<DocumentInput>(documentKey);
  for (const [index, document] of corpus.entries())
    documents.numberOf(checkDocument(document, `corpus[${index}]`));
  const ofQueries = new Map<string, number[]>();
  for (const { query, document } of pairs) {
    const positions = ofQueries.get(query) ?? [];
    positions.push(documents.numberOf(document));
    ofQueries.set(query, positions);
  }
  const positives = [...ofQueries.values()];
  return {
    queries: [...ofQueries.keys()],
    documents: documents.values,
    positives: positives.map((positions) => [...new Set(positions)]),
    maxPositives: positives.reduce((most, { length }) => Math.max(most, length), 0),
  };
}

/** Vectors of queries and documents, of unit length. */
interface Vectors {
  readonly queries: readonly Float32Array[];
  readonly documents: readonly Float32Array[];
}

async function embed(
  embedder: MiningEmbedder,
  { queries, documents }: Texts,
  options: MiningOptions,
): Promise<Vectors> {
  const { batchSize, cache, onProgress, signal, truncateDim } = options;
  const optionsOf = (
    phase: MiningProgress["phase"],
    prompt: string | undefined,
    promptName: string | undefined,
  ): EncodeOptions => ({
    ...{ batchSize, cache, signal, truncateDim, normalize: true },
    ...(prompt === undefined ? { promptName } : { prompt }),
    onProgress: ({ done, total }) => onProgress?.({ phase, done, total }),
  });
  const { corpusPrompt, corpusPromptName, queryPrompt, queryPromptName } = options;
  const ofDocuments = await embedder.encodeDocument(
    documents,
    optionsOf("documents", corpusPrompt, corpusPromptName),
  );
  const ofQueries = await embedder.encodeQuery(
    queries,
    optionsOf("queries", queryPrompt, queryPromptName),
  );
  checkVectors([...ofDocuments, ...ofQueries], (index) =>
    index < documents.length ? `document ${index}` : `query ${index - documents.length}`,
  );
  return { queries: ofQueries, documents: ofDocuments };
}

/** How many queries are compared with the documents at once. */
const blockSize = 64;

/**
 * Finds the `k` documents with the highest cosines for each query, by comparing all. Of equal
 * scores, the document with the lower position comes first.
 */
async function* nearestDocuments(
  { queries, documents }: Vectors,
  k: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<[document: number, score: number][]> {
  const order = Int32Array.from(documents.keys());
  const dimension = documents[0]!.length;
  const comparison = { similarityFunction: "dot", dimension, normalize: false } as const;
  for (let start = 0; start < queries.length; start += blockSize) {
    signal?.throwIfAborted();
    const block = queries.slice(start, start + blockSize);
    const ranker = new Ranker(block, comparison, { k, order });
    await ranker.add(documents, 0, signal);
    yield* ranker.rankings();
  }
}

/** @param positives - positions of the documents that answer each query */
async function mineFromVectors(
  vectors: Vectors,
  positives: readonly (readonly number[])[],
  settings: MiningSettings,
  { onProgress, signal }: MiningOptions,
): Promise<{ negatives: number[][]; statistics: MiningStatistics }> {
  const skipped = { absoluteMargin: 0, relativeMargin: 0, maxScore: 0, minScore: 0 };
  const scores = { positive: [] as number[], negative: [] as number[], difference: [] as number[] };
  const negatives: number[][] = [];
  const random = seededRandom(settings.seed);
  const { queries, documents } = vectors;
  const k = settings.rangeMax + settings.maxPositives;
  let pairsWithoutNegatives = 0;
  for await (const nearest of nearestDocuments(vectors, k, signal)) {
    const query = negatives.length;
    const ofPositives = new Map(
      positives[query]!.map((row) => [row, Math.fround(dot(queries[query]!, documents[row]!))]),
    );
    const chosen = chooseNegatives(nearest, ofPositives, settings, skipped, random);
    if (chosen.length === 0) pairsWithoutNegatives += ofPositives.size;
    for (const positive of ofPositives.values()) {
      scores.positive.push(positive);
      for (const negative of chosen) {
        scores.negative.push(negative.score);
        scores.difference.push(positive - negative.score);
      }
    }
    negatives.push(chosen.map(({ document }) => document));
    onProgress?.({ phase: "search", done: negatives.length, total: queries.length });
  }
  const missing = scores.positive.length * settings.numNegatives - scores.negative.length;
  const statistics = {
    queries: queries.length,
    documents: documents.length,
    positive: summarize(scores.positive),
    negative: summarize(scores.negative),
    difference: summarize(scores.difference),
    skipped,
    missing,
    pairsWithoutNegatives,
  };
  return { negatives, statistics };
}

function nothingFound({ documents }: Texts, skipped: Readonly<SkippedCandidates>): Error {
  const reasons = Object.entries(skipped).filter(([, number]) => number > 0);
  const message =
    documents.length === 1
      ? "there is only one document. Add documents with the option `corpus`."
      : reasons.length === 0
        ? "every document near a query is one of its positives, or `rangeMin` leaves it out. Add " +
          "documents with the option `corpus`, or lower `rangeMin`."
        : `${namesOf(reasons)} candidates. ` +
          "Loosen that, raise `rangeMax`, or add documents with the option `corpus`.";
  return invalidData(`No negatives were found: ${message}`, {
    documents: documents.length,
    skipped,
  });
}

function namesOf(reasons: readonly (readonly [string, number])[]): string {
  return reasons.map(([name, number]) => `${name} left out ${number}`).join(", ");
}
