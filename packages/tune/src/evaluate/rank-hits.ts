import { defined } from "@embeddinggemma/internal";
import { invalidData, isRecord, show, someOf } from "../check.ts";
import type { CheckedRetrievalData } from "../data/retrieval-data.ts";
import { compareIds } from "../statistics/compare-ids.ts";
import type { Ranking } from "./rank-embedder.ts";
import type { RetrievalSettings } from "./retrieval-options.ts";
import type { KnownSystem, StoreSystem } from "./systems.ts";

/** A system that answers one query at a time. */
export type AnsweringSystem = Exclude<KnownSystem, { kind: "embedder" }>;

/** How many queries a store gets at once. */
const blockSize = 256;

/**
 * Asks a store or a retriever every query.
 *
 * @returns the ranking of each query, by its id
 * @throws `DATA_INVALID` for an answer that is none, a hit whose id the corpus does not have, and a
 * store that lacks documents of the corpus; whatever the system throws
 */
export async function rankWithAnswers(
  known: AnsweringSystem,
  data: CheckedRetrievalData,
  settings: RetrievalSettings,
): Promise<Map<string, Ranking>> {
  const { onProgress, encoding } = settings;
  if (known.kind === "store") checkStore(known, data, settings);
  const queries = Array.from(data.queries);
  const rankings = new Map<string, Ranking>();
  const size = known.kind === "store" ? blockSize : 1;
  for (let start = 0; start < queries.length; start += size) {
    encoding.signal?.throwIfAborted();
    const block = queries.slice(start, start + size);
    const answers = await answer(
      known,
      block.map(([, text]) => text),
      settings,
    );
    for (const [place, [query]] of block.entries()) {
      const hits = answers[place]!.map(({ hit, candidates, score }, rank) => {
        const id = corpusId(hit, candidates, settings, { corpus: data.corpus, query, known });
        return [id, score ?? 1 / (rank + 1)] as const;
      });
      // A retriever decides about the order, and a store about scores alone.
      rankings.set(query, distinct(known.kind === "store" ? hits.sort(byScore) : hits));
    }
    onProgress?.({ system: known.name, done: start + block.length, total: queries.length });
  }
  return rankings;
}

interface Answer {
  readonly hit: unknown;
  /** What may be its id in the corpus. */
  readonly candidates: readonly unknown[];
  readonly score?: number | undefined;
}

async function answer(
  known: AnsweringSystem,
  queries: readonly string[],
  settings: RetrievalSettings,
): Promise<Answer[][]> {
  const { signal } = settings.encoding;
  if (known.kind === "store") return searchStore(known, queries, settings);
  const [query] = queries as [string];
  if (known.kind === "langchain") {
    const documents = await known.system.invoke(query, signal ? { signal } : {});
    checkAnswer(known, documents, isRecord, "documents");
    return [documents.map((hit) => ({ hit, candidates: [hit.id, hit.metadata?.id] }))];
  }
  const nodes = await known.system.retrieve({ query });
  checkAnswer(known, nodes, (hit) => isRecord(hit) && isRecord(hit.node), "{ node, score }");
  return [
    nodes.map(({ node, score }) => ({
      hit: node,
      candidates: [node.id_, node.sourceNode?.nodeId, node.metadata?.id],
      score,
    })),
  ];
}

async function searchStore(
  known: Extract<KnownSystem, { kind: "store" }>,
  queries: readonly string[],
  { encoding, k }: RetrievalSettings,
): Promise<Answer[][]> {
  const { embedder, store, search }: StoreSystem = known.system;
  const vectors = await Promise.all(queries.map((query) => embedder.encodeQuery(query, encoding)));
  const answers = await store.search(vectors, { ...defined(search ?? {}), k });
  const isAnswer = (hits: unknown) => Array.isArray(hits) && hits.every(isStoreHit);
  checkAnswer(known, answers, isAnswer, "arrays of { id, score }, one for each query");
  if (answers.length !== queries.length) {
    const found = `${answers.length} answers to ${queries.length} queries`;
    throw invalidData(`The store of ${show(known.name)} gave ${found}.`, {});
  }
  return answers.map((hits) =>
    hits.map((hit) => ({ hit, candidates: [hit.id], score: hit.score })),
  );
}

/** A system of one's own can give anything. */
function checkAnswer(
  { name }: KnownSystem,
  answer: unknown,
  isHit: (hit: unknown) => boolean,
  expected: string,
): void {
  if (!Array.isArray(answer)) {
    throw invalidData(`${show(name)} must answer with an array; it gave ${show(answer)}.`, {});
  }
  const hits = Array.from(answer as readonly unknown[]);
  const wrong = hits.findIndex((hit) => !isHit(hit));
  if (wrong === -1) return;
  const place = `${show(hits[wrong])} at index ${wrong}`;
  throw invalidData(`${show(name)} must answer with ${expected}; it gave ${place}.`, {});
}

function isStoreHit(hit: unknown): boolean {
  return isRecord(hit) && typeof hit.score === "number" && !Number.isNaN(hit.score);
}

function checkStore(
  { name, system: { embedder, store } }: Extract<KnownSystem, { kind: "store" }>,
  { corpus }: CheckedRetrievalData,
  { documentId }: RetrievalSettings,
): void {
  const { identity } = embedder;
  if (typeof identity === "string") store.checkEmbedding?.({ identity });
  if (documentId || !store.has) return;
  const missing = Array.from(corpus.keys()).filter((id) => !store.has?.(id));
  if (missing.length === 0) return;
  throw invalidData(
    `The store of ${show(name)} lacks ${missing.length} of the ${corpus.size} documents of the ` +
      `corpus: ${someOf(missing)}. Add them under these ids, or say with the option documentId ` +
      "which document a hit is.",
    { documents: missing },
  );
}

function corpusId(
  hit: unknown,
  candidates: readonly unknown[],
  { documentId }: RetrievalSettings,
  where: {
    readonly corpus: ReadonlyMap<string, unknown>;
    readonly query: string;
    readonly known: AnsweringSystem;
  },
): string {
  const ids = (documentId ? [documentId(hit)] : candidates)
    .filter((id) => typeof id === "string" || typeof id === "number")
    .map(String);
  const id = ids.find((candidate) => where.corpus.has(candidate));
  if (id !== undefined) return id;
  const what = ids.length > 0 ? `the id ${ids.map(show).join(" or ")}` : "no id";
  const advice = documentId
    ? "Add the document to the corpus, or leave it out of the answer."
    : "Say with the option documentId which document of the corpus a hit is.";
  throw invalidData(
    `${show(where.known.name)} answered the query ${show(where.query)} with a document that has ` +
      `${what}, which is not in the corpus. ${advice}`,
    { query: where.query, ids },
  );
}

function byScore(a: readonly [string, number], b: readonly [string, number]): number {
  return b[1] - a[1] || compareIds(a[0], b[0]);
}

/** Several hits of one document count once, at the first rank. */
function distinct(hits: Ranking): Ranking {
  const first = new Map<string, number>();
  for (const [id, score] of hits) if (!first.has(id)) first.set(id, score);
  return Array.from(first);
}
