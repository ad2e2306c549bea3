import { expect, test } from "vitest";
import type { Triplet } from "../data/read-pairs.ts";
import { difference, golden } from "../testing/golden.ts";
import { vectorEmbedder } from "../testing/vector-embedder.ts";
import { evaluateTriplets } from "./evaluate-triplets.ts";

test.each(golden.triplets)(
  "figures of Sentence Transformers: $similarityFunctions, margin $margin",
  async ({ vectors, triplets, similarityFunctions, margin, name, metrics }) => {
    const { embedder } = vectorEmbedder(vectors);
    const report = await evaluateTriplets(
      embedder,
      triplets.map(([anchor, positive, negative]) => ({ anchor, positive, negative })),
      {
        name,
        margin: margin ?? undefined,
        similarityFunctions: similarityFunctions ?? undefined,
      },
    );
    expect(difference(report.metrics, metrics)).toBeLessThan(1e-9);
    expect(Object.keys(report.metrics)).toEqual(Object.keys(metrics));
    expect(report.correct.cosine).toHaveLength(triplets.length);
  },
);

const vectors = { "q: a": [1, 0], "d: b": [1, 1], "d: c": [0, 1] };
const triplets: Triplet[] = [
  { anchor: "a", positive: "b", negative: { text: "c" } },
  { anchor: "a", positive: "c", negative: "b" },
  { anchor: "a", positive: "b", negative: "b" },
];

test("prompts, and outcomes of each triplet", async () => {
  const { embedder } = vectorEmbedder(vectors);
  const report = await evaluateTriplets(embedder, triplets, {
    queryPrompt: "q: ",
    documentPrompt: "d: ",
    similarityFunctions: ["cosine", "euclidean"],
  });
  expect(report.metrics.max_accuracy).toBe(1 / 3);
  expect(report.correct.euclidean).toEqual([true, false, false]);
});

test.for<[unknown, object, string, RegExp]>([
  ["a", {}, "INVALID_ARGUMENT", /^triplets must be an array of \{ anchor/],
  [[], {}, "DATA_INVALID", /^triplets is empty/],
  [new Array(1), {}, "DATA_INVALID", /^triplets\[0\]\.anchor must be/],
  [[{ anchor: "a", positive: "b" }], {}, "DATA_INVALID", /^triplets\[0\]\.negative must be/],
  [triplets, { margin: "1" }, "INVALID_ARGUMENT", /^margin must be a number/],
  [triplets, { margin: { cosine: "1" } }, "INVALID_ARGUMENT", /^margin must be a number/],
])("%j with %j is refused", async ([given, options, code, message]) => {
  const { embedder } = vectorEmbedder(vectors);
  await expect(evaluateTriplets(embedder, given as Triplet[], options)).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});
