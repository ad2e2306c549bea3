import type { Embedder } from "@embeddinggemma/core";
import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../app.ts";
import { tinyEmbedder } from "../testing/tiny.ts";

let embedder: Embedder;

beforeAll(async () => {
  embedder = await tinyEmbedder();
});

const texts = ["Mars is red.", "Venus is hot."];

describe("/api/embed", () => {
  it("embeds an array", async () => {
    const { body } = await post("/api/embed", { model: "any", input: texts });
    const vectors = await embedder.encode(texts, { prompt: "" });
    expect(body.embeddings).toEqual(vectors.map((vector) => Array.from(vector)));
    expect(body).toMatchObject({
      model: "any",
      prompt_eval_count: expect.any(Number),
      total_duration: expect.any(Number),
    });
  });

  it("embeds one text", async () => {
    const { body } = await post("/api/embed", { model: "any", input: texts[0] });
    expect(body.embeddings).toHaveLength(1);
  });

  it.each(["query", "document"])("takes the prompt %s from the model's name", async (prompt) => {
    const { body } = await post("/api/embed", { model: `any:${prompt}`, input: texts[0] });
    const [vector] = await embedder.encode([texts[0]!], { promptName: prompt });
    expect(body.embeddings).toEqual([Array.from(vector!)]);
  });

  it("has no vectors without input", async () => {
    for (const body of [{ model: "any" }, { model: "any", input: "" }, { model: "a", input: [] }])
      expect(await post("/api/embed", body)).toMatchObject({
        status: 200,
        body: { embeddings: [] },
      });
  });

  it("truncates dimensions and normalizes again", async () => {
    const { body } = await post("/api/embed", { model: "any", input: texts, dimensions: 128 });
    const vectors = await embedder.encode(texts, { prompt: "", truncateDim: 128 });
    expect(body.embeddings).toEqual(vectors.map((vector) => Array.from(vector)));
  });

  it("refuses a text that is too long only with truncate: false", async () => {
    const input = "word ".repeat(2500);
    expect(await post("/api/embed", { model: "any", input })).toMatchObject({ status: 200 });
    expect(await post("/api/embed", { model: "any", input, truncate: false })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining(`${embedder.maxTokens} tokens`) },
    });
  });

  it.each([
    ["no model", { input: "a" }],
    ["a number as input", { model: "any", input: 1 }],
    ["a number in the input", { model: "any", input: ["a", 1] }],
    ["too many dimensions", { model: "any", input: "a", dimensions: 4096 }],
    ["an empty text among others", { model: "any", input: ["a", ""] }],
    ["no object", []],
  ])("refuses %s", async (_, body) => {
    expect(await post("/api/embed", body)).toMatchObject({
      status: 400,
      body: { error: expect.any(String) },
    });
  });

  it("answers with 404 to an unknown prompt of this model", async () => {
    const model = `${embedder.model}:nonsense`;
    expect(await post("/api/embed", { model, input: "a" })).toMatchObject({ status: 404 });
  });
});

it("/api/embeddings embeds one prompt", async () => {
  const { body } = await post("/api/embeddings", { model: "any", prompt: texts[0] });
  const [vector] = await embedder.encode([texts[0]!], { prompt: "" });
  expect(body.embedding).toEqual(Array.from(vector!));
  expect(await post("/api/embeddings", { model: "any" })).toMatchObject({
    status: 200,
    body: { embedding: [] },
  });
});

it("lists and describes the model", async () => {
  const app = createApp(embedder, { servedModelName: "embeddinggemma" });
  const get = async (path: string) => (await app.request(path)).json();
  for (const path of ["/api/tags", "/api/ps"]) {
    expect(await get(path)).toMatchObject({
      models: [
        {
          name: "embeddinggemma",
          model: "embeddinggemma",
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
          details: { format: "onnx" },
        },
      ],
    });
  }
  expect(await get("/api/version")).toEqual({ version: expect.stringMatching(/^\d+\./) });
  expect(await post("/api/show", { model: "embeddinggemma" })).toMatchObject({
    body: { capabilities: ["embedding"] },
  });
});

async function post(path: string, body: unknown) {
  const response = await createApp(embedder).request(path, {
    method: "POST",
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
