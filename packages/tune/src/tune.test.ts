import { warningsOf } from "@embeddinggemma/internal/testing";
import { describe, expect, test } from "vitest";
import { normal, seededRandom } from "./statistics/random.ts";
import { vectorEmbedder } from "./testing/vector-embedder.ts";
import type { TuneOptions } from "./train/tune-options.ts";
import { type TuneReport, tune } from "./tune.ts";

const dimension = 16;
const random = seededRandom(3);
const numbers = Array.from({ length: 60 }, (_, index) => index);
// The vector of a query is that of its document, turned around: a linear map finds it.
const vectors: Record<string, number[]> = {};
for (const number of numbers) {
  const document = Array.from({ length: dimension }, () => normal(random));
  vectors[`document ${number}`] = document;
  vectors[`query ${number}`] = document.toReversed();
}
const pairs = numbers.slice(0, 40).map(pairOf);
const validation = dataOf(numbers.slice(40, 50));
const testData = dataOf(numbers.slice(50));
const options = { pairs, learningRate: 0.1, weightDecay: 1, epochs: 20, batchSize: 16 };

describe("tune", () => {
  test("trains an adapter, and compares before and after on the test data", async () => {
    const { embedder, embedded } = vectorEmbedder(vectors);
    const phases = new Set<string>();
    const report = await tune(embedder, {
      ...options,
      validation,
      test: testData,
      onProgress: ({ phase, done, total }) => {
        phases.add(phase);
        expect(done).toBeLessThanOrEqual(total);
      },
    });

    expect(report.improved).toBe(true);
    expect(report.warnings).toEqual([]);
    expect([...phases]).toEqual(["embed", "train", "evaluate"]);
    expect(report.difference).toMatchObject({ metric: "ndcg@10", queries: 10 });
    expect(report.difference.difference).toBeGreaterThan(0.1);
    const { before, after } = report;
    const ndcg = ({ results: [one] }: typeof before) => one!.metrics["cosine_ndcg@10"];
    expect(ndcg(after)! - ndcg(before)!).toBeCloseTo(report.difference.difference, 12);
    expect(report.history[report.bestEpoch]!.score).toBeGreaterThan(report.history[0]!.score);
    expect(embedded).toHaveLength(new Set(embedded).size); // Each text once.

    const { adapter } = report;
    expect(adapter).toMatchObject({ sides: "query", rank: null, dimension });
    expect(adapter.base).toEqual({ model: embedder.model, identity: embedder.modelIdentity });
    expect(adapter.training).toMatchObject({ loss: "multipleNegativesRanking", pairs: 40 });
    const tuned = embedder.withAdapter(adapter);
    expect(tuned.identity).toBe(embedder.identity);
  });

  test("holds out a tenth of the queries if there is no validation data", async () => {
    const { embedder } = vectorEmbedder(vectors);
    const run = (seed: number) => tune(embedder, { ...options, epochs: 2, seed });
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(first.difference.queries).toBe(4);
    expect(first.history[0]!.score).toBeCloseTo(first.difference.before, 12);
    expect(first.history[first.bestEpoch]!.score).toBeCloseTo(first.difference.after, 12);
    expect(first.adapter.training).toMatchObject({ pairs: 36, validationQueries: 4 });
    expect(again.adapter.digest).toBe(first.adapter.digest);
    expect(other.adapter.digest).not.toBe(first.adapter.digest);
  });

  test.each([
    ["triplet", { learningRate: 0.02, distance: "cosine", margin: 0.5 }],
    ["cosent", { learningRate: 0.02 }],
    ["cachedMultipleNegativesRanking", { rank: 12, sides: "both" }],
  ] as const)("trains with the loss %s", async (loss, changes) => {
    const { embedder } = vectorEmbedder(vectors);
    const scored = numbers.slice(0, 40).flatMap((number) => [
      { ...pairOf(number), negatives: [`document ${(number + 7) % 40}`], score: 1 },
      { query: `query ${number}`, document: `document ${(number + 11) % 40}`, score: 0 },
    ]);
    const answers = scored.flatMap(({ score, ...pair }) => (score === 1 ? [pair] : []));
    const { history } = await tune(embedder, {
      ...options,
      epochs: 8,
      ...changes,
      loss,
      pairs: loss === "cosent" ? scored : answers,
      validation,
    });
    expect(history.at(-1)!.loss!).toBeLessThan(history[1]!.loss!);
  });

  test("says so if nothing is better than no adapter", async () => {
    // The queries of the training are those of other documents.
    const { embedder } = vectorEmbedder({
      ...vectors,
      ...Object.fromEntries(numbers.map((one) => [`query ${one}`, vectors[`document ${one}`]!])),
    });
    const wrong = numbers.slice(0, 40).map((number) => ({
      query: `query ${number}`,
      document: `document ${(number + 1) % 40}`,
    }));
    const report = await tune(embedder, { ...options, pairs: wrong, epochs: 3, validation });
    expect(report).toMatchObject({ improved: false, bestEpoch: 0 });
    expect(report.difference).toMatchObject({ before: 1, after: 1, difference: 0 });
    expect(report.adapter.delta().every((number) => number === 0)).toBe(true);
  });

  test("warns of queries that are also trained with, and of negatives that answer", async () => {
    const { embedder } = vectorEmbedder({ ...vectors, " Query 3": vectors["query 3"]! });
    const leaking = { ...validation, queries: { ...validation.queries, "query 40": " Query 3" } };
    const withAnswer = [{ ...pairs[0]!, negatives: ["document 0", "document 5"] }, ...pairs];
    let warnings: TuneReport["warnings"] = [];
    const emitted = await warningsOf(async () => {
      ({ warnings } = await tune(embedder, {
        ...options,
        pairs: withAnswer,
        epochs: 1,
        validation: leaking,
      }));
    });
    const messages = [
      '1 negative answers its query according to `pairs`, and is left out: "query 0".',
      "1 of 10 queries of `validation` is also in `pairs`, so its figures are too good: " +
        '" Query 3".',
    ];
    expect(warnings.map(({ message }) => message)).toEqual(messages);
    expect(emitted.map(({ message }) => message)).toEqual(messages);
    expect(emitted[0]).toMatchObject({
      name: "EmbeddingGemmaWarning",
      code: "EMBEDDINGGEMMA_NEGATIVE_IS_POSITIVE",
    });
  });
});

describe("tune refuses", () => {
  const { embedder } = vectorEmbedder(vectors);
  const one = pairs[0]!;

  test.each(["query 3", "document 3"])("a vector of zeros, of %s", async (text) => {
    const zeros = vectorEmbedder({ ...vectors, [text]: Array(dimension).fill(0) });
    await expect(tune(zeros.embedder, { ...options, validation })).rejects.toMatchObject({
      code: "INFERENCE_FAILED",
      message: expect.stringContaining(`of the vector of the text "${text}" are all 0`),
    });
  });

  test.each([
    ["no pairs", { pairs: [] }, "DATA_INVALID", /pairs is empty/],
    ["one pair", { pairs: [one] }, "DATA_INVALID", /only one pair.*Training needs/],
    [
      "one document",
      { pairs: pairs.map(({ query }) => ({ query, document: "document 0" })) },
      "DATA_INVALID",
      /same document/,
    ],
    [
      "triplets without negatives",
      { pairs, loss: "triplet" as const },
      "DATA_INVALID",
      /no pair has negatives; `mineHardNegatives`/,
    ],
    [
      "negatives that are all positive",
      { pairs: [{ ...one, negatives: [one.document] }, pairs[1]!] },
      "DATA_INVALID",
      /Every negative is also a document/,
    ],
    [
      "scores without effect",
      { pairs: pairs.map((pair) => ({ ...pair, score: 0 })) },
      "DATA_INVALID",
      /^pairs\[0\]\.score would have no effect/,
    ],
    ["missing scores", { pairs, loss: "cosent" as const }, "DATA_INVALID", /pairs\[0\]\.score/],
    [
      "an empty split",
      { pairs, test: { queries: {}, corpus: {}, relevant: {} } },
      "DATA_INVALID",
      /test\.queries is empty/,
    ],
    ["a full rank", { pairs, rank: 16 }, "INVALID_ARGUMENT", /rank/],
    ["long dimensions", { pairs, matryoshkaDims: [32] }, "INVALID_ARGUMENT", /at most 16/],
    [
      "validation data with one document",
      { pairs, validation: { ...dataOf([40]), corpus: { "document 40": "document 40" } } },
      "DATA_INVALID",
      /^validation\.corpus has one document/,
    ],
    [
      "batches of one query",
      { pairs, batchSize: 1 },
      "DATA_INVALID",
      /^No batch has anything to compare.*Add `negatives`.*raise `batchSize`/,
    ],
    [
      "pairs of one query",
      { pairs: pairs.map(({ document }) => ({ query: "query 1", document })), validation },
      "DATA_INVALID",
      /^No batch has anything to compare.*other queries and documents\.$/,
    ],
    [
      "batches of one score",
      { pairs: pairs.map((pair, score) => ({ ...pair, score })), loss: "cosent", batchSize: 1 },
      "DATA_INVALID",
      /^No batch has anything to compare/,
    ],
    ["null as data", { pairs, validation: null }, "INVALID_ARGUMENT", /^validation.*Leave it out/],
    ["false as data", { pairs, test: false }, "INVALID_ARGUMENT", /^test must be an object with/],
    [
      "no weight above 0",
      { pairs, matryoshkaDims: [16], matryoshkaWeights: [0] },
      "INVALID_ARGUMENT",
      /^matryoshkaWeights must be an array of numbers of at least 0, at least one above 0/,
    ],
    ["a huge cut-off", { pairs, metric: `ndcg@${"9".repeat(20)}` }, "INVALID_ARGUMENT", /^metric/],
    ["WebGPU in Node.js", { pairs, device: "webgpu" }, "INVALID_ARGUMENT", /There is no webgpu/],
    ["an unknown metric", { pairs, metric: "ndcg" }, "INVALID_ARGUMENT", /"ndcg@10"/],
    ["unknown options", { pairs, epoch: 3 }, "INVALID_ARGUMENT", /epochs/],
  ])("%s", async (_, given, code, message) => {
    await expect(tune(embedder, given as TuneOptions)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test("vectors that are not finite", async () => {
    const broken = vectorEmbedder({
      ...vectors,
      "document 3": vectors["document 3"]!.map(() => Number.NaN),
    });
    await expect(tune(broken.embedder, options)).rejects.toMatchObject({
      code: "INFERENCE_FAILED",
    });
  });

  test("an embedder with an adapter", async () => {
    const { adapter } = await tune(embedder, { ...options, epochs: 1 });
    await expect(tune(embedder.withAdapter(adapter), options)).rejects.toThrow(
      /withAdapter\(null\)/,
    );
  });

  test("to go on after an abort", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(tune(embedder, { ...options, signal })).rejects.toThrow("enough");
  });
});

function pairOf(number: number) {
  return { query: `query ${number}`, document: `document ${number}` };
}

/** Queries of these documents among all documents. */
function dataOf(of: readonly number[]) {
  return {
    queries: Object.fromEntries(of.map((number) => [`query ${number}`, `query ${number}`])),
    corpus: Object.fromEntries(
      numbers.map((number) => [`document ${number}`, `document ${number}`]),
    ),
    relevant: Object.fromEntries(of.map((number) => [`query ${number}`, [`document ${number}`]])),
  };
}
