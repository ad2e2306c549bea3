import { Embedder, MemoryVectorCache } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { expect, test } from "vitest";
import { mineHardNegatives } from "./mine-hard-negatives.ts";

test("an embedder finds negatives, and a second run takes all vectors from the cache", async () => {
  const embedder = await Embedder.load(modelPath);
  const pairs = [
    { query: "Which planet is red?", document: "Mars is known as the Red Planet." },
    { query: "Which planet has rings?", document: "Saturn has bright rings of ice." },
  ];
  const corpus = ["Mars has two moons.", "Bread is baked in an oven."];
  const cache = new MemoryVectorCache();
  const options = { cache, corpus, numNegatives: 2 };
  const mined = await mineHardNegatives(embedder, pairs, options);
  expect(mined.pairs.map(({ query }) => query)).toEqual(pairs.map(({ query }) => query));
  expect(mined.pairs.map(({ negatives }) => negatives?.length)).toEqual([2, 2]);
  await embedder.dispose();

  const again = await Embedder.load(modelPath);
  let tokens = 0;
  const encode = again.encodeDocument.bind(again);
  await encode(corpus, { cache, onProgress: (progress) => (tokens = progress.tokens) });
  expect(tokens).toBe(0);
  expect(await mineHardNegatives(again, pairs, options)).toEqual(mined);
  await again.dispose();
});
