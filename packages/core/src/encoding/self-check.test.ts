import { expect, test, vi } from "vitest";
import { MemoryVectorCache } from "../cache/memory-vector-cache.ts";
import { Embedder } from "../embedder.ts";
import type { ModelDescription } from "../model/description.ts";
import type { Backend, Batch } from "../runtime/backend.ts";

/** A text is an angle in degrees; its vector points there. */
function compass(deviation = 0): Backend {
  const encode = (text: string) => [Number(text)];
  return {
    tokenizer: { encode, decode: String },
    specialTokens: { prefix: [], suffix: [] },
    padding: { id: 0, side: "right" },
    tokenize: async (texts) => texts.map(encode),
    async run({ rows, inputIds }: Batch) {
      const vectors = Array.from({ length: rows }, (_, row) => {
        const radians =
          ((Number(inputIds[row]) + (inputIds[row] === 0n ? 0 : deviation)) * Math.PI) / 180;
        return [7 * Math.cos(radians), 7 * Math.sin(radians)];
      });
      return { sentenceEmbedding: Float32Array.from(vectors.flat()) };
    },
    dispose: async () => {},
  };
}

const description: ModelDescription = {
  prompts: { query: "", document: "" },
  defaultPromptName: null,
  similarityFunction: "euclidean",
  maxTokens: 8,
  pooling: ["mean"],
  includePrompt: true,
  denseLayers: 0,
  normalized: false,
  dimension: 2,
  matryoshkaDimensions: [2],
  selfCheck: { query: "0", documents: ["60", "90"], scores: { 2: [0.5, 0] } },
  family: null,
};

test("compares cosines with the published ones, not the model's own similarity", async () => {
  const report = await Embedder.from({
    model: "right",
    backend: compass(),
    description,
    normalize: false,
  }).selfCheck();
  expect(report).toMatchObject({ passed: true, checks: [{ dimension: 2, expected: [0.5, 0] }] });
  expect(report!.checks[0]!.actual[0]).toBeCloseTo(0.5, 6);
});

test("does not pass if the vectors are wrong", async () => {
  const report = await Embedder.from({
    model: "wrong",
    backend: compass(5),
    description,
  }).selfCheck();
  expect(report).toMatchObject({ passed: false });
});

test("runs the model even if a cache has the vectors", async () => {
  const cache = new MemoryVectorCache();
  await Embedder.from({ model: "model", backend: compass(), description, cache }).encode([
    "0",
    "60",
    "90",
  ]);
  const broken = compass(5);
  const run = vi.spyOn(broken, "run");
  expect(
    await Embedder.from({ model: "model", backend: broken, description, cache }).selfCheck(),
  ).toMatchObject({
    passed: false,
  });
  expect(run).toHaveBeenCalled();
});

test("returns null for a model without published values", async () => {
  expect(
    await Embedder.from({
      model: "unknown",
      backend: compass(),
      description: { ...description, selfCheck: null },
    }).selfCheck(),
  ).toBeNull();
});
