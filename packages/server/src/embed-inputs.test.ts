import { type Backend, Embedder, type ModelDescription } from "@embeddinggemma/core";
import { expect, test } from "vitest";
import { embedInputs } from "./embed-inputs.ts";

const description: ModelDescription = {
  prompts: { query: "q:", document: "" },
  defaultPromptName: null,
  similarityFunction: "cosine",
  maxTokens: 30,
  pooling: ["mean"],
  includePrompt: true,
  denseLayers: 0,
  normalized: false,
  dimension: 1,
  matryoshkaDimensions: [1],
  selfCheck: null,
  family: null,
};

/** An embedder whose vectors have the number of texts of their batch. */
function batchSizes(batchInvariant: boolean): Embedder {
  const encode = (text: string) => Array.from(text, (character) => character.codePointAt(0)!);
  const backend: Backend = {
    tokenizer: { encode, decode: (ids) => String.fromCodePoint(...ids) },
    specialTokens: { prefix: [], suffix: [] },
    padding: { id: 0, side: "right" },
    batchInvariant,
    tokenize: async (texts) => texts.map(encode),
    run: async ({ rows }) => ({ sentenceEmbedding: new Float32Array(rows).fill(rows) }),
    dispose: async () => {},
  };
  return Embedder.from({ model: "batches", backend, description });
}

const settings = {
  prompt: "",
  truncate: true,
  normalize: false,
  signal: new AbortController().signal,
};

test("a vector that depends on its batch is computed alone, whoever else asks", async () => {
  const sizes = async (embedder: Embedder) => {
    const both = await Promise.all([
      embedInputs(embedder, ["a", "b"], settings),
      embedInputs(embedder, ["c", [100]], settings),
    ]);
    return both.flatMap(({ vectors }) => vectors.map(([size]) => size));
  };
  expect(await sizes(batchSizes(true))).toEqual([4, 4, 4, 4]);
  expect(await sizes(batchSizes(false))).toEqual([1, 1, 1, 1]);
});
