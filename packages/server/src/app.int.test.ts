import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Embedder } from "@embeddinggemma/core";
import { expect, test } from "vitest";
import { createApp } from "./app.ts";
import { DocumentIndex } from "./documents/document-index.ts";
import type { AppOptions } from "./options.ts";
import { planets, tinyEmbedder } from "./testing/tiny.ts";

const { query, documents } = planets;

async function post(path: string, body: unknown, options: AppOptions = {}) {
  const response = await createApp(await tinyEmbedder(), options).request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  };
}

/** Equal but for the rounding that other batches cause. */
function expectClose(actual: number[][], expected: readonly (readonly number[])[]): void {
  expect(actual.map((vector) => vector.length)).toEqual(expected.map((vector) => vector.length));
  for (const [row, vector] of expected.entries())
    for (const [index, value] of vector.entries())
      if (Math.abs(actual[row]![index]! - value) > 1e-6)
        expect(actual[row]![index]).toBeCloseTo(value, 6);
}

const toArrays = (vectors: readonly Float32Array[]) => vectors.map((vector) => Array.from(vector));

test("/embed gives the vectors of the embedder", async () => {
  const embedder = await tinyEmbedder();
  const { status, body, headers } = await post("/embed", { inputs: documents });
  expect(status).toBe(200);
  expectClose(body, toArrays(await embedder.encode(documents, { prompt: "" })));
  expect(Number(headers.get("x-compute-characters"))).toBe(documents.join("").length);
  expect(Number(headers.get("x-compute-tokens"))).toBeGreaterThan(20);
  expectClose(
    (await post("/embed", { inputs: query, prompt_name: "query" })).body,
    toArrays([await embedder.encodeQuery(query)]),
  );
  expectClose(
    (await post("/embed", { inputs: query, dimensions: 128 })).body,
    toArrays([await embedder.encode(query, { prompt: "", truncateDim: 128 })]),
  );
});

test.each(["", "query"])(
  "ids that the vocabulary does not have are refused, prompt %j",
  async (name) => {
    const fields = name === "" ? {} : { prompt_name: name };
    for (const route of ["/embed", "/embed_all"]) {
      const refused = await post(route, { inputs: ["text", [2, 9_999_999, 1]], ...fields });
      expect(refused).toMatchObject({ status: 422, body: { error_type: "Validation" } });
      expect(refused.body.error).toContain("9999999");
    }
  },
);

test("/embed takes token ids", async () => {
  const embedder = await tinyEmbedder();
  const ids = [2, 5, 7, 1];
  const { body } = await post("/embed", { inputs: [ids, query] });
  expectClose(
    body,
    toArrays([await embedder.encodeTokens(ids), await embedder.encode(query, { prompt: "" })]),
  );
  expect((await post("/embed", { inputs: ids })).body).toHaveLength(1);
});

test("/tokenize gives offsets in bytes, and /decode the text again", async () => {
  const embedder = await tinyEmbedder();
  const text = "Größe 🚀 b";
  const { body } = await post("/tokenize", { inputs: text });
  const [tokens] = body;
  expect(tokens[0]).toEqual({ id: 2, text: "<bos>", special: true, start: null, stop: null });
  const bytes = Buffer.from(text);
  const inner = tokens.slice(1, -1);
  expect(inner[0].start).toBe(0);
  expect(inner.at(-1).stop).toBe(bytes.length);
  expect(bytes.subarray(inner.at(-1).start, inner.at(-1).stop).toString().trim()).toBe("b");
  const ids = inner.map(({ id }: { id: number }) => id);
  expect(ids).toEqual(embedder.tokenizer.encode(text));
  expect((await post("/decode", { ids })).body).toEqual([text]);
  const all = tokens.map(({ id }: { id: number }) => id);
  const decoded = await post("/decode", { ids: [all], skip_special_tokens: false });
  expect(decoded.body).toEqual([`<bos>${text}<eos>`]);
});

test("/ tells embeddings and similarities apart", async () => {
  const embedder = await tinyEmbedder();
  expectClose(
    (await post("/", { inputs: query })).body,
    toArrays([await embedder.encode(query, { prompt: "" })]),
  );
  const { body } = await post("/", { inputs: { source_sentence: query, sentences: documents } });
  expect(body).toHaveLength(documents.length);
  expect(body[0]).toBe(Math.max(...body));
});

test("/v1/embeddings gives floats or base64, with the prompt of the model name", async () => {
  const embedder = await tinyEmbedder();
  const [expected] = toArrays([await embedder.encodeQuery(query)]);
  const model = "tiny:query";
  const options = { servedModelName: "tiny" };
  const { body } = await post("/v1/embeddings", { input: query, model }, options);
  expect(body.data).toEqual([{ object: "embedding", index: 0, embedding: expected }]);
  expect(body.usage.prompt_tokens).toBe(await embedder.countTokens(query, { promptName: "query" }));
  const encoded = await post(
    "/v1/embeddings",
    { input: [query], model, encoding_format: "base64" },
    options,
  );
  const bytes = Buffer.from(encoded.body.data[0].embedding, "base64");
  expect(Array.from(new Float32Array(new Uint8Array(bytes).buffer))).toEqual(expected);
});

test.each([
  ["/embed", "{", 400],
  ["/embed", {}, 422],
  ["/embed", { inputs: "" }, 400],
  ["/embed", { inputs: [] }, 400],
  ["/embed", { inputs: "a", dimensions: 0 }, 422],
  ["/embed", { inputs: "a", dimensions: 769 }, 422],
  ["/embed", { inputs: "a", prompt_name: "nope" }, 422],
  ["/embed", { inputs: Array(33).fill("a") }, 422],
  ["/embed", "[".repeat(200), 400],
  ["/rerank", {}, 424],
  ["/v1/embeddings", { input: [1, 2], model: "x" }, 400],
  ["/embeddings", { input: "a", model: "x", dimensions: 769 }, 400],
  ["/v1/embeddings", { input: "a", model: "tiny:qery" }, 404],
  ["/v1/embeddings", { input: "a", model: "embeddinggemma:qery" }, 404],
  ["/v1/embeddings", { input: "a", model: "tiny:foo" }, 404],
  ["/v1/embeddings", { input: "a", model: "embeddinggemma:" }, 404],
  ["/api/embed", { input: "a", model: "embeddinggemma:Document" }, 404],
])("%s refuses %j with %i", async (path, body, status) => {
  expect(await post(path, body, { servedModelName: "tiny" })).toMatchObject({ status });
});

test.each([
  "embeddinggemma:passage",
  "embeddinggemma:search",
  "google/embeddinggemma-300m:doc",
  "embeddinggemma-300m-ONNX:passage",
  "community/embeddinggemma-300m-ONNX:docs",
])("%s is refused with the prompts, whatever the full name of the model is", async (model) => {
  for (const servedModelName of ["community/embeddinggemma-300m-ONNX", "tiny"]) {
    const { status, body } = await post(
      "/v1/embeddings",
      { input: "a", model },
      { servedModelName },
    );
    expect(status).toBe(404);
    expect(body.message).toContain("Its prompts are query, document, ");
  }
});

test("an unknown prompt is named, and what was probably meant", async () => {
  const meant = 'The model has no prompt named "qery". Its prompts are query, document, ';
  for (const fields of [{ prompt_name: "qery" }, { model: "embeddinggemma:qery" }]) {
    const { body } = await post("/v1/embeddings", { input: "a", ...fields });
    expect(body.message).toContain(meant);
    expect(body.message).toContain(' Did you mean "query"?');
  }
  expect((await post("/embed", { inputs: "a", prompt_name: "qery" })).body.error).toMatch(
    /^Input validation error: `prompt_name`: The model has no prompt .* Did you mean "query"\?$/,
  );
  const embedder = await tinyEmbedder();
  expect(() => createApp(embedder, { defaultPromptName: "qury" })).toThrow(meantInstead);
});

const meantInstead = /^The model has no prompt named "qury"\..* Did you mean "query"\?$/;

test.each([
  "embeddinggemma:300m",
  "embeddinggemma:300m-qat-q8_0",
  "embeddinggemma:latest",
  "tiny:latest",
  "tiny:300m",
  "nomic-embed-text:v1.5",
  "snowflake-arctic-embed:xs",
  "registry:5000/a",
  "tiny:BF16",
  "tiny:f16",
  "tiny:UD-Q4_K_XL",
  "embeddinggemma:bf16",
  "hf.co/unsloth/embeddinggemma-300m-GGUF:Q8_0",
  "hf.co/unsloth/embeddinggemma-300m-GGUF:Q4_K_M",
  "ft:gpt-x:acme::abc",
])("the model name %s asks for no prompt", async (model) => {
  const embedder = await tinyEmbedder();
  const [expected] = toArrays([await embedder.encode(query, { prompt: "" })]);
  const options = { servedModelName: "tiny" };
  const { body } = await post("/v1/embeddings", { input: query, model }, options);
  expect(body.data[0].embedding).toEqual(expected);
});

test.each([undefined, "model", Promise.resolve({})])(
  "createApp refuses %s as an embedder",
  (embedder) => {
    expect(() => createApp(embedder as unknown as Embedder)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("an Embedder, the result of `await Embedder.load(…)`"),
      }),
    );
  },
);

test("a key is needed if one is set, but not for /health", async () => {
  const app = createApp(await tinyEmbedder(), { apiKey: "secret" });
  expect((await app.request("/info")).status).toBe(401);
  expect((await app.request("/health")).status).toBe(200);
  for (const [authorization, status] of [
    ["Bearer secret", 200],
    ["bearer secret", 200],
    ["Bearer Secret", 401],
    ["Bearer ", 401],
    ["secret", 401],
  ] as const)
    expect((await app.request("/info", { headers: { authorization } })).status).toBe(status);
});

test("the OpenAPI document has all routes but second names and those that refuse", async () => {
  const folder = await mkdtemp(join(tmpdir(), "server-openapi-"));
  const embedder = await tinyEmbedder();
  const index = await DocumentIndex.open(folder, embedder);
  const metrics = { record: () => {}, render: () => Promise.reject(new Error("unused")) };
  const app = createApp(embedder, { index, metrics });
  const { paths } = await (await app.request("/api-doc/openapi.json")).json();
  const described = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routes = app.routes.filter(({ method }) => method !== "ALL");
  const known = new Set(routes.map(({ method, path }) => `${method} ${path}`));
  const others = [...known].filter((route) => !described.includes(route));
  expect(described.filter((route) => !known.has(route))).toEqual([]);
  expect(others.toSorted()).toEqual([
    "GET /",
    "GET /api-doc/openapi.json",
    "GET /models",
    "GET /ping",
    "GET /v1/models/:name{.+}",
    "POST /",
    "POST /embed_sparse",
    "POST /embeddings",
    "POST /invocations",
    "POST /predict",
    "POST /reindex",
    "POST /rerank",
  ]);
  expect(paths["/search"].get.parameters).toMatchObject([
    { name: "query", in: "query", required: true, schema: { type: "string" } },
    { name: "limit", required: false, schema: { type: "integer", default: 10 } },
    { name: "fields", required: false, schema: { type: "string" } },
    { name: "filter", required: false, schema: { type: "string" } },
    { name: "graph" },
  ]);
  const without = await createApp(embedder).request("/api-doc/openapi.json");
  expect(Object.keys((await without.json()).paths)).not.toContain("/search");
  await index.close();
  await rm(folder, { recursive: true });
});
