import { readFileSync } from "node:fs";
import type { DocumentInput, EncodeOptions } from "@embeddinggemma/core";
import { expect, test } from "vitest";
import type { TrainingPair } from "../data/retrieval-data.ts";
import { type MiningEmbedder, mineHardNegatives } from "./mine-hard-negatives.ts";
import type { MiningOptions, MiningProgress } from "./mining-options.ts";
import type { ScoreSummary } from "./score-summary.ts";

interface Golden {
  vectors: Record<string, number[]>;
  pairs: [query: string, document: string][];
  corpus: string[];
  cases: {
    name: string;
    options: MiningOptions;
    withCorpus: boolean;
    pairs: { query: string; document: string; negatives: string[]; scores: number[] }[];
    statistics: {
      table: Record<string, [positive: number, negative: number, difference: number]>;
      skipped: Record<string, number>;
    };
  }[];
}

const golden: Golden = JSON.parse(
  readFileSync(new URL("../../../../test/golden/hard-negatives.json", import.meta.url), "utf8"),
);

const goldenPairs = golden.pairs.map(([query, document]) => ({ query, document }));

/** Gives every text the vector that is known for it. */
function embedderOf(vectors: Record<string, readonly number[]>): MiningEmbedder {
  const embed = async (
    inputs: readonly DocumentInput[],
    { onProgress, signal }: EncodeOptions,
  ): Promise<Float32Array[]> => {
    signal?.throwIfAborted();
    onProgress?.({ done: inputs.length, total: inputs.length, tokens: 0 });
    return inputs.map((input) => {
      const vector = vectors[typeof input === "string" ? input : input.text]!;
      return Float32Array.from(vector, (number) => number / Math.hypot(...vector));
    });
  };
  return { encodeQuery: embed, encodeDocument: embed };
}

const embedder = embedderOf(golden.vectors);

const found = golden.cases.filter(({ pairs }) => pairs.length > 0);

test.for(found.map((each) => [each.name, each] as const))(
  "%s: as in Sentence Transformers",
  async ([, { options, withCorpus, pairs, statistics }]) => {
    const corpus = withCorpus ? { corpus: golden.corpus } : {};
    const mined = await mineHardNegatives(embedder, goldenPairs, { ...options, ...corpus });
    expect(mined.pairs).toEqual(
      pairs.map(({ query, document, negatives }) => ({ query, document, negatives })),
    );
    const { positive, negative, difference, skipped } = mined.statistics;
    const summaries = [positive, negative, difference];
    for (const [name, values] of Object.entries(statistics.table)) {
      const key = { "25%": "quantile25", "50%": "median", "75%": "quantile75" }[name] ?? name;
      for (const [at, value] of values.entries()) {
        const summary = summaries[at]!;
        expect(summary[key as keyof ScoreSummary]).toBeCloseTo(value, 3.9);
      }
    }
    // Sentence Transformers counts as below `minScore` also what other conditions left out before.
    const { minScore: _, ...exact } = statistics.skipped;
    expect(skipped).toMatchObject(exact);
    const numNegatives = options.numNegatives ?? 3;
    expect(mined.statistics.missing).toBe(positive.count * numNegatives - negative.count);
    expect(mined.statistics.pairsWithoutNegatives).toBe(positive.count - pairs.length);
  },
);

test("the corpus of the golden cases has cases in which nothing is found", () => {
  expect(golden.cases.filter(({ pairs }) => pairs.length === 0).map(({ name }) => name)).toEqual([
    "range beyond the documents",
  ]);
});

const random = { samplingStrategy: "random", rangeMax: 10, corpus: golden.corpus } as const;

test("random candidates: repeatable by seed, from the range, never a positive", async () => {
  const mine = async (options: MiningOptions) =>
    (await mineHardNegatives(embedder, goldenPairs, { ...random, ...options })).pairs;
  const first = await mine({ seed: 7 });
  expect(await mine({ seed: 7 })).toEqual(first);
  expect(await mine({ seed: 8 })).not.toEqual(first);
  const all = await mine({ samplingStrategy: "top", numNegatives: 10 });
  for (const [index, { negatives }] of first.entries()) {
    expect(negatives).toHaveLength(3);
    // In the order of their scores.
    expect(negatives).toEqual(all[index]!.negatives!.filter((each) => negatives!.includes(each)));
  }
});

test("every candidate of the range can be chosen at random", async () => {
  const chosen = new Set<DocumentInput>();
  const pairs = [{ query: "query 0", document: "document 0" }];
  for (let seed = 0; seed < 100; seed++) {
    const options = { ...random, numNegatives: 2, rangeMax: 5, rangeMin: 1, seed };
    const mined = await mineHardNegatives(embedder, pairs, options);
    for (const negative of mined.pairs[0]!.negatives!) chosen.add(negative);
  }
  expect(chosen.size).toBe(4);
});

const titled = embedderOf({ q: [1, 0], a: [1, 0.1], b: [1, 0.2], c: [1, 0.3] });

test("documents with the same title and text are one document", async () => {
  const pairs: TrainingPair[] = [
    { query: "q", document: { title: "T", text: "a" }, negatives: ["b"] },
    { query: "q", document: { text: "b" } },
  ];
  const corpus = [{ title: "T", text: "a" }, "a", "b", { title: "", text: "b" }, "c"];
  const mined = await mineHardNegatives(titled, pairs, { corpus });
  expect(mined.pairs).toEqual([
    { query: "q", document: { title: "T", text: "a" }, negatives: ["a", "c"] },
    { query: "q", document: "b", negatives: ["a", "c"] },
  ]);
  expect(mined.statistics).toMatchObject({ queries: 1, documents: 4, missing: 2 });
});

test("of equal scores, the document that comes first counts", async () => {
  const equal = embedderOf({ q: [1, 0], a: [1, 0], b: [0, 1], c: [0, 1], d: [0, -1] });
  const options = { corpus: ["b", "c", "d"], numNegatives: 2 };
  const mined = await mineHardNegatives(equal, [{ query: "q", document: "a" }], options);
  expect(mined.pairs[0]!.negatives).toEqual(["b", "c"]);
});

test("what the embedder gets, and progress", async () => {
  const calls: EncodeOptions[] = [];
  const noting: MiningEmbedder = {
    encodeQuery: (queries, options) => {
      calls.push(options);
      return titled.encodeQuery(queries, options);
    },
    encodeDocument: (documents, options) => {
      calls.push(options);
      return titled.encodeDocument(documents, options);
    },
  };
  const progress: MiningProgress[] = [];
  const { signal } = new AbortController();
  await mineHardNegatives(noting, [{ query: "q", document: "a" }], {
    ...{ batchSize: 4, cache: null, corpus: ["b", "c"], signal, truncateDim: 2 },
    ...{ queryPromptName: "query", corpusPrompt: "text: " },
    onProgress: (each) => progress.push(each),
  });
  const shared = { batchSize: 4, cache: null, signal, truncateDim: 2, normalize: true };
  expect(calls).toMatchObject([
    { ...shared, prompt: "text: " },
    { ...shared, promptName: "query" },
  ]);
  expect(progress).toEqual([
    { phase: "documents", done: 3, total: 3 },
    { phase: "queries", done: 1, total: 1 },
    { phase: "search", done: 1, total: 1 },
  ]);
});

test("a signal stops the embedding and the search", async () => {
  const reason = new Error("stop");
  const pairs = [{ query: "q", document: "a" }];
  const options = { corpus: ["b"], signal: AbortSignal.abort(reason) };
  await expect(mineHardNegatives(titled, pairs, options)).rejects.toBe(reason);

  const stop = new AbortController();
  const count = 3000;
  const names = Array.from({ length: count }, (_, index) => String(index));
  const many = embedderOf(Object.fromEntries(names.map((name) => [name, [Number(name) + 1, 1]])));
  const onProgress = ({ phase }: MiningProgress) => {
    if (phase === "search") stop.abort(reason);
  };
  const searched = names.map((name) => ({ query: name, document: name }));
  const mining = mineHardNegatives(many, searched, { onProgress, signal: stop.signal });
  await expect(mining).rejects.toBe(reason);
});

test.for<[string, readonly TrainingPair[], MiningOptions, string, string]>([
  ["no pairs", [], {}, "DATA_INVALID", "pairs is empty"],
  [
    "one document",
    [{ query: "q", document: "a" }],
    {},
    "DATA_INVALID",
    "there is only one document. Add",
  ],
  [
    "only positives",
    [
      { query: "q", document: "a" },
      { query: "q", document: "b" },
    ],
    {},
    "DATA_INVALID",
    "every document near a query is one of its positives",
  ],
  [
    "conditions that nothing meets",
    [{ query: "q", document: "a" }],
    { corpus: ["b"], maxScore: -1 },
    "DATA_INVALID",
    "maxScore left out 1 candidates. Loosen that",
  ],
  [
    "a vector that is not finite",
    [{ query: "q", document: "a" }],
    { corpus: ["nan"] },
    "INFERENCE_FAILED",
    "The vector of document 0 has numbers that are not finite.",
  ],
  [
    "vectors of two lengths",
    [{ query: "q", document: "a" }],
    { corpus: ["long"] },
    "INFERENCE_FAILED",
    "The vector of document 1 has 2 numbers, and that of document 0 has 3.",
  ],
  [
    "queries with longer vectors",
    [{ query: "long", document: "a" }],
    { corpus: ["b"] },
    "INFERENCE_FAILED",
    "The vector of query 0 has 3 numbers, and that of document 0 has 2. Use one embedder for all.",
  ],
  [
    "a document that is none",
    [{ query: "q", document: "a" }],
    { corpus: [5 as never] },
    "DATA_INVALID",
    "corpus[0] must be a string",
  ],
  [
    "a range that is too small",
    [{ query: "q", document: "a" }],
    { rangeMin: 4, rangeMax: 6 },
    "INVALID_ARGUMENT",
    "rangeMax must be at least rangeMin + numNegatives, 4 + 3; 6 was given.",
  ],
  [
    "a range below 0",
    [{ query: "q", document: "a" }],
    { rangeMin: -1 },
    "INVALID_ARGUMENT",
    "rangeMin must be a whole number of at least 0",
  ],
  [
    "another strategy",
    [{ query: "q", document: "a" }],
    { samplingStrategy: "best" as "top" },
    "INVALID_ARGUMENT",
    'samplingStrategy must be "top" or "random"',
  ],
  [
    "a name of Python",
    [{ query: "q", document: "a" }],
    { num_negatives: 5 } as object,
    "INVALID_ARGUMENT",
    "Did you mean `numNegatives`?",
  ],
])("%s: refused", async ([, pairs, options, code, message]) => {
  const vectors = { q: [1, 0], a: [1, 1], b: [0, 1], nan: [Number.NaN, 1], long: [1, 1, 1] };
  await expect(mineHardNegatives(embedderOf(vectors), pairs, options)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

test("something else than an embedder is refused", async () => {
  await expect(mineHardNegatives({} as MiningEmbedder, goldenPairs)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining("embedder must be an Embedder"),
  });
});
