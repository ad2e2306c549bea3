import { expect, test } from "vitest";
import type { ScoredPair } from "../data/read-pairs.ts";
import { difference, golden } from "../testing/golden.ts";
import { vectorEmbedder } from "../testing/vector-embedder.ts";
import { evaluateSimilarity } from "./evaluate-similarity.ts";

test.each(golden.similarity)(
  "figures of Sentence Transformers: $similarityFunctions",
  async ({ vectors, pairs, similarityFunctions, truncateDim, name, metrics }) => {
    const { embedder } = vectorEmbedder(vectors);
    const report = await evaluateSimilarity(
      embedder,
      pairs.map(([sentence1, sentence2, score]) => ({ sentence1, sentence2, score })),
      {
        name,
        truncateDim: truncateDim ?? undefined,
        similarityFunctions: similarityFunctions ?? undefined,
      },
    );
    expect(difference(report.metrics, metrics)).toBeLessThan(1e-9);
    expect(Object.keys(report.metrics)).toEqual(Object.keys(metrics));
    expect(report.similarities.cosine).toHaveLength(pairs.length);
  },
);

const vectors = {
  a: [1, 0],
  b: [1, 1],
  c: [0, 1],
  "STS: a": [1, 0],
  "STS: b": [2, 1],
  "STS: c": [1, 2],
};
const pairs: ScoredPair[] = [
  { sentence1: "a", sentence2: "b", score: 1 },
  { sentence1: "a", sentence2: "c", score: 0 },
  { sentence1: "a", sentence2: "a", score: 2 },
];

test("a prompt, and progress", async () => {
  const { embedder, embedded } = vectorEmbedder(vectors, {
    description: { prompts: { query: "", document: "", STS: "STS: " } },
  });
  const done: number[] = [];
  const { metrics } = await evaluateSimilarity(embedder, pairs, {
    promptName: "STS",
    onProgress: (progress) => done.push(progress.done),
  });
  expect(metrics.spearman_cosine).toBeCloseTo(1, 12);
  expect(embedded).toEqual(["STS: a", "STS: b", "STS: c"]);
  expect(done.at(-1)).toBe(6);
});

test("similarities that are all the same have no correlation, as in SciPy", async () => {
  const { embedder } = vectorEmbedder({ a: [1, 0], b: [2, 0], c: [3, 0] });
  const { metrics } = await evaluateSimilarity(embedder, pairs);
  expect(metrics).toEqual({ pearson_cosine: Number.NaN, spearman_cosine: Number.NaN });
});

test.for<[unknown, object, string, RegExp]>([
  ["a", {}, "INVALID_ARGUMENT", /^pairs must be an array of \{ sentence1/],
  [pairs.slice(0, 1), {}, "DATA_INVALID", /at least two pairs/],
  [pairs.map((pair) => ({ ...pair, score: 1 })), {}, "DATA_INVALID", /are the same/],
  [[pairs[0], { sentence1: "a", sentence2: "b" }], {}, "DATA_INVALID", /^pairs\[1\]\.score must/],
  [[{ ...pairs[0], sentence1: 5 }], {}, "DATA_INVALID", /^pairs\[0\]\.sentence1 .* string; 5 was/],
  [[pairs[0], "a"], {}, "DATA_INVALID", /^pairs\[1\] must be { sentence1, sentence2, score }/],
  [
    [pairs[0], { ...pairs[1], score: Number.NaN }],
    {},
    "DATA_INVALID",
    /score must be a finite number; NaN was/,
  ],
  [pairs, { similarityFunctions: ["cos"] }, "INVALID_ARGUMENT", /^similarityFunctions must be/],
  [pairs, { truncateDim: 9 }, "INVALID_ARGUMENT", /^truncateDim must be/],
])("%j with %j is refused", async ([given, options, code, message]) => {
  const { embedder } = vectorEmbedder(vectors);
  await expect(evaluateSimilarity(embedder, given as ScoredPair[], options)).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

test("an embedder is needed, with vectors that are finite", async () => {
  await expect(evaluateSimilarity({} as never, pairs)).rejects.toThrow(/^embedder must be an Emb/);
  const { embedder } = vectorEmbedder({ ...vectors, c: [Number.NaN, 0] });
  await expect(evaluateSimilarity(embedder, pairs)).rejects.toMatchObject({
    code: "INFERENCE_FAILED",
  });
});
