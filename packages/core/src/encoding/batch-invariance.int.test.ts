import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MemoryVectorCache } from "../cache/memory-vector-cache.ts";
import { Embedder } from "../embedder.ts";
import { LazyEmbedder } from "../lazy-embedder.ts";
import { similarity } from "../vectors/similarity.ts";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/", import.meta.url));
const text = "red";
/** Loud tokens of these graphs, in texts that are short enough for the same batch. */
const others = ["planet", "an", "4"];

let parent: string;
let warnings: (Error & { code?: string })[];
const remember = (warning: Error) => warnings.push(warning);

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "batches-"));
});

afterAll(() => rm(parent, { recursive: true }));

beforeEach(() => {
  warnings = [];
  process.on("warning", remember);
});

afterEach(() => {
  process.off("warning", remember);
});

/** A folder with one of the graphs that `test/reference/make_graphs.py` makes. */
async function modelWith(graph: string, name = graph): Promise<string> {
  const folder = join(parent, name);
  await cp(join(fixtures, "bert-mean"), folder, { recursive: true });
  await cp(join(fixtures, `graphs/${graph}.onnx`), join(folder, "onnx/model.onnx"));
  return folder;
}

/** Warnings are emitted in the next turn of the event loop. */
async function warningsAbout(model: string): Promise<string[]> {
  await new Promise((resolve) => setImmediate(resolve));
  return warnings
    .filter(({ code }) => code === "EMBEDDINGGEMMA_BATCH_DEPENDENT")
    .map(({ message }) => message)
    .filter((message) => message.includes(model));
}

const cosine = (a: Float32Array, b: Float32Array) => similarity(a, b)[0]![0]!;

describe.each(["dynamic-linear", "dynamic-function", "dynamic-branch", "dynamic-matmul"])(
  "a model that quantizes the whole batch (%s)",
  (graph) => {
    test("is found, and said once", async () => {
      const folder = await modelWith(graph);
      await using first = await Embedder.load(folder, { dtype: "fp32" });
      const alone = await first.encode(text);
      const [among] = await first.encode([text, ...others]);
      expect(cosine(alone, among!)).toBeLessThan(0.999);
      expect(first.batchInvariant).toBe(false);
      await using second = await Embedder.load(folder, { dtype: "fp32", maxTokens: 64 });
      expect(second.batchInvariant).toBe(false);
      expect(await warningsAbout(folder)).toEqual([expect.stringContaining("`batchSize: 1`")]);
    });
  },
);

test.for(["static", "dynamic-constant"])(
  "a model whose vectors do not depend on their batch is not suspected (%s)",
  async (graph) => {
    const folder = await modelWith(graph);
    await using embedder = await Embedder.load(folder, { dtype: "fp32" });
    expect(embedder.batchInvariant).toBe(true);
    const [among] = await embedder.encode([text, ...others]);
    expect(cosine(await embedder.encode(text), among!)).toBeGreaterThan(0.9999999);
    expect(await warningsAbout(folder)).toEqual([]);
  },
);

test("a model that quantizes nothing does not depend on its batch", async () => {
  await using embedder = await Embedder.load(join(fixtures, "bert-mean"), { dtype: "fp32" });
  expect(embedder.batchInvariant).toBe(true);
});

describe("batchSize: 1", () => {
  test("gives each text its own vector, in every call, without a warning", async () => {
    const folder = await modelWith("dynamic-linear", "alone");
    await using embedder = await Embedder.load(folder, { dtype: "fp32", batchSize: 1 });
    const texts = [...others, text, others[0]!];
    const alone: Float32Array[] = [];
    for (const single of texts) alone.push(await embedder.encodeDocument(single));
    expect(await embedder.encodeDocument(texts)).toEqual(alone);
    const streamed: Float32Array[] = [];
    async function* read() {
      yield* texts;
    }
    for await (const vectors of embedder.encodeDocumentStream(read())) streamed.push(...vectors);
    expect(streamed).toEqual(alone);
    expect(embedder.batchInvariant).toBe(false);
    expect(await warningsAbout(folder)).toEqual([]);

    await using batched = await Embedder.load(folder, { dtype: "fp32" });
    expect(await batched.encodeDocument(texts)).not.toEqual(alone);
    expect(await batched.encodeDocument(texts, { batchSize: 1 })).toEqual(alone);
    expect(await warningsAbout(folder)).toHaveLength(1);
  });

  test("is passed on by LazyEmbedder", async () => {
    const folder = await modelWith("dynamic-linear", "lazy");
    const lazy = new LazyEmbedder({ model: folder, dtype: "fp32", batchSize: 1 });
    const [first] = await lazy.encodeDocument([text, ...others]);
    expect(first).toEqual((await lazy.encodeDocument([text]))[0]);
    expect(await warningsAbout(folder)).toEqual([]);
    await lazy.dispose();
  });

  test("works in a worker", async () => {
    const folder = await modelWith("dynamic-linear", "worker");
    await using embedder = await Embedder.load(folder, { dtype: "fp32", worker: true });
    expect(embedder.batchInvariant).toBe(false);
    expect(await warningsAbout(folder)).toHaveLength(1);
    const alone = await embedder.encode(text);
    expect((await embedder.encode([text, ...others]))[0]).not.toEqual(alone);
    expect((await embedder.encode([text, ...others], { batchSize: 1 }))[0]).toEqual(alone);
  });
});

test("only vectors that were computed alone are cached", async () => {
  const folder = await modelWith("dynamic-linear", "cached");
  const cache = new MemoryVectorCache();
  await using embedder = await Embedder.load(folder, { dtype: "fp32", cache });
  const [among] = await embedder.encode([text, ...others]);
  const alone = await embedder.encode(text);
  expect(alone).not.toEqual(among);
  expect(alone).toEqual(await embedder.encode(text, { cache: null }));
  expect((await embedder.encode([text, ...others]))[0]).toEqual(alone);
});
