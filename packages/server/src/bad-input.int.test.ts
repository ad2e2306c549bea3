import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "./app.ts";
import { DocumentIndex } from "./documents/document-index.ts";
import { tinyEmbedder } from "./testing/tiny.ts";

let app: Hono;
let folder: string;
let index: DocumentIndex;
const unexpected: unknown[] = [];

beforeAll(async () => {
  const embedder = await tinyEmbedder();
  folder = await mkdtemp(join(tmpdir(), "server-bad-input-"));
  index = await DocumentIndex.open(folder, embedder);
  app = createApp(embedder, {
    index,
    onRequest: ({ error }) => {
      if (error !== undefined) unexpected.push(error);
    },
  });
});

afterAll(async () => {
  await index.close();
  await rm(folder, { recursive: true });
});

/** A good body for each route; tests spoil one of its fields. */
const bodies: Readonly<Record<string, unknown>> = {
  "/": { inputs: "text" },
  "/invocations": { inputs: ["text"] },
  "/embed": {
    inputs: ["text", [2, 5, 1]],
    truncate: true,
    truncation_direction: "Left",
    prompt_name: "query",
    normalize: false,
    dimensions: 128,
  },
  "/embed_all": { inputs: "text", truncate: true, prompt_name: "query" },
  "/similarity": {
    inputs: { source_sentence: "text", sentences: ["other"] },
    parameters: { truncate: true, prompt_name: "STS" },
  },
  "/tokenize": { inputs: ["text"], add_special_tokens: true, prompt_name: "query" },
  "/decode": { ids: [[2, 5, 1]], skip_special_tokens: true },
  "/embed_sparse": { inputs: "text" },
  "/predict": { inputs: "text" },
  "/rerank": { query: "text", texts: ["other"] },
  "/embeddings": { input: "text", model: "model" },
  "/v1/embeddings": {
    input: ["text"],
    model: "model:query",
    encoding_format: "base64",
    dimensions: 128,
    user: "user",
  },
  "/api/embed": { model: "model", input: ["text"], truncate: true, dimensions: 128 },
  "/api/embeddings": { model: "model", prompt: "text" },
  "/api/show": { model: "model" },
  "/batchsimilarity": { queries: ["text"], texts: ["other"] },
  "/batchtransform": ["text"],
  "/batchsearch": { queries: ["text"], limit: 2 },
  "/add": [{ id: "a", text: "text" }],
  "/delete": ["a"],
  "/reindex": { config: {} },
};

const routes = Object.keys(bodies);

const tooLarge = Buffer.from(JSON.stringify({ inputs: "a".repeat(33_000_000) }));

describe.each(routes)("POST %s", (route) => {
  it("never fails on any JSON", async () => {
    await fc.assert(
      fc.asyncProperty(strange, (body) => expectNoFailure(route, JSON.stringify(body))),
      { numRuns: 40 },
    );
  });

  it("never fails if one value of its body is wrong", async () => {
    const places = placesIn(bodies[route]);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), strange, (place, value) =>
        expectNoFailure(route, JSON.stringify(replaced(bodies[route], place, value))),
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    { name: "nothing", body: "" },
    { name: "an open object", body: "{" },
    { name: "a cut body", body: '{"inputs": "a"' },
    { name: "null", body: "null" },
    { name: "half a word", body: "nul" },
    { name: "an open string", body: '"text' },
    { name: "a zero", body: "\u0000" },
    { name: "other quotes", body: "{'inputs': 'a'}" },
    { name: "deep arrays", body: `${"[".repeat(100_000)}${"]".repeat(100_000)}` },
    { name: "deep objects", body: `${'{"inputs":'.repeat(100_000)}1${"}".repeat(100_000)}` },
    { name: "open arrays", body: `{"inputs":${"[".repeat(50_000)}` },
    { name: "names of prototypes", body: '{"__proto__":{"inputs":"a"},"constructor":1}' },
    { name: "numbers that are too large", body: '{"inputs":1e999,"input":1e999,"ids":[1e999]}' },
    { name: "half a character", body: `{"inputs":"${"\\ud800"}"}` },
    {
      name: "bytes that are not UTF-8",
      body: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    },
    { name: "UTF-16", body: new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]) },
    { name: "a byte order mark", body: new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]) },
  ])("does not fail on $name", async ({ body }) => {
    await expectNoFailure(route, body);
  });

  it("refuses a body that is too large", async () => {
    const { status } = await send(route, tooLarge);
    expect([403, 413, 424]).toContain(status);
  });

  it("refuses malformed JSON", async () => {
    const { status } = await send(route, '{"inputs":');
    expect([400, 403, 422, 424]).toContain(status);
  });
});

it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])(
  "TEI's and OpenAI's routes refuse the content type %s",
  async (type) => {
    for (const route of ["/", "/embed", "/decode", "/v1/embeddings", "/embeddings"]) {
      expect(await send(route, '{"inputs":"a","input":"a"}', type)).toMatchObject({ status: 415 });
    }
  },
);

it.each([
  "/v1/models/%ff",
  "/v1/models/%",
  "/search?query=",
  "/search",
  "/search?query=a&limit=x",
  "/search?query=a&limit=1e99",
  "/transform?text=",
  "/transform?text=%ff",
  "/transform",
  "/%00",
  "/embed",
  "/..%2f..%2fetc%2fpasswd",
])("GET %s does not fail", async (path) => {
  const { status } = await app.request(path);
  expect(status).toBeLessThan(500);
});

/** Any JSON value, more often one of those that break things. */
const strange: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(
    null,
    true,
    "",
    " ",
    "\ud800",
    "\u0000",
    "a".repeat(5000),
    -1,
    0,
    0.5,
    1e308,
    2 ** 32,
    Number.MAX_SAFE_INTEGER,
    [],
    [[]],
    [""],
    ["a", 1],
    [1, [2]],
    [-1],
    [262_144],
    [null],
    {},
    Array(33).fill("a"),
    Array(3000).fill("a"),
    "__proto__",
    "constructor",
  ),
);

async function expectNoFailure(route: string, body: string | Uint8Array): Promise<void> {
  unexpected.length = 0;
  const { status, text } = await send(route, body);
  expect(unexpected).toEqual([]);
  expect(status, text).toBeLessThan(500);
}

async function send(
  route: string,
  body: string | Uint8Array,
  type = "application/json",
): Promise<{ status: number; text: string }> {
  const response = await app.request(route, {
    method: "POST",
    headers: { "content-type": type },
    body: body as BodyInit,
  });
  return { status: response.status, text: await response.text() };
}

type Place = readonly (string | number)[];

/** The places of all values in a JSON value. */
function placesIn(value: unknown, place: Place = []): Place[] {
  if (typeof value !== "object" || value === null) return [place];
  const inner = Object.entries(value).flatMap(([name, part]) =>
    placesIn(part, [...place, Array.isArray(value) ? Number(name) : name]),
  );
  return [place, ...inner];
}

/** A copy with another value at a place. */
function replaced(value: unknown, [name, ...rest]: Place, other: unknown): unknown {
  if (name === undefined) return other;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[name] = replaced(copy[name], rest, other);
  return copy;
}
