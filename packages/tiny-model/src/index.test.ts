import { readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { expect, it } from "vitest";
import { modelPath } from "./index.ts";

const readJson = (name: string) => JSON.parse(readFileSync(join(modelPath, name), "utf8"));

it("is an absolute path", () => {
  expect(isAbsolute(modelPath)).toBe(true);
});

it("points to a q8 model of at most 10 MB", () => {
  const { size } = statSync(join(modelPath, "onnx", "model_quantized.onnx"));
  expect(size).toBeGreaterThan(1_000_000);
  expect(size).toBeLessThanOrEqual(10_000_000);
});

it("describes EmbeddingGemma's architecture", () => {
  expect(readJson("config.json")).toMatchObject({
    architectures: ["Gemma3TextModel"],
    use_bidirectional_attention: true,
    max_position_embeddings: 2048,
  });
  expect(
    readJson("modules.json").map((module: { type: string }) => module.type.split(".").at(-1)),
  ).toEqual(["Transformer", "Pooling", "Dense", "Dense", "Normalize"]);
  expect(readJson("3_Dense/config.json").out_features).toBe(768);
});

it("has EmbeddingGemma's prompts", () => {
  expect(readJson("config_sentence_transformers.json").prompts).toMatchObject({
    query: "task: search result | query: ",
    document: "title: none | text: ",
    STS: "task: sentence similarity | query: ",
  });
});
