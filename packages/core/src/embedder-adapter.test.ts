import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { testBackend, testDescription, testEmbedder } from "../test-support/test-embedder.ts";
import { Adapter } from "./adapter/adapter.ts";
import type { AdapterSides } from "./adapter/adapter-parts.ts";
import { MemoryVectorCache } from "./cache/memory-vector-cache.ts";
import { Embedder } from "./embedder.ts";

const dimension = 4;
const plain = testEmbedder();
const base = { model: "test", identity: plain.modelIdentity };

/** Reverses the order of the numbers: x + x·Δ with Δ = reversal - 1. */
const reversal = Float32Array.from({ length: 16 }, (_, index) => {
  const [row, column] = [Math.floor(index / 4), index % 4];
  return Number(row + column === 3) - Number(row === column);
});

function adapterOf(sides: AdapterSides, delta = reversal, of = base): Adapter {
  return Adapter.from({ sides, dimension, weights: { delta }, base: of });
}

const backwards = (vector: Float32Array) => vector.slice().reverse();

describe("sides", () => {
  test.each(["query", "both"] as const)("%s", async (sides) => {
    const tuned = plain.withAdapter(adapterOf(sides));
    const ofDocument = (vector: Float32Array) => (sides === "both" ? backwards(vector) : vector);
    const query = await plain.encodeQuery("x");
    const document = await plain.encodeDocument("x");
    const bare = await plain.encode("x");
    // The method decides, else the text of the prompt.
    expect(await tuned.encodeQuery("x")).toEqual(backwards(query));
    expect(await tuned.encodeQuery(["x", "x"])).toEqual([backwards(query), backwards(query)]);
    expect(await tuned.encodeQuery("x", { prompt: "" })).toEqual(backwards(bare));
    expect(await tuned.encodeDocument("x")).toEqual(ofDocument(document));
    expect(await tuned.encodeDocument("x", { promptName: "query" })).toEqual(ofDocument(query));
    expect(await tuned.encode("x", { promptName: "query" })).toEqual(backwards(query));
    expect(await tuned.encode("x", { promptName: "Retrieval-query" })).toEqual(backwards(query));
    expect(await tuned.encode("x", { prompt: "q:" })).toEqual(backwards(query));
    expect(await tuned.encode("x", { promptName: "document" })).toEqual(ofDocument(document));
    expect(await tuned.encode("q:x")).toEqual(ofDocument(query));
    expect(await tuned.encodeTokens([1, 2, 3])).toEqual(
      ofDocument(await plain.encodeTokens([1, 2, 3])),
    );
    async function* stream() {
      yield "x";
    }
    for await (const vectors of tuned.encodeDocumentStream(stream()))
      expect(vectors).toEqual([ofDocument(document)]);
  });

  test("no prompt is none of queries, even if that of queries is empty", async () => {
    const overrides = { prompts: { query: "", document: "" } };
    const embedder = testEmbedder(testBackend(), { normalize: false }, overrides);
    const tuned = embedder.withAdapter(adapterOf("query"));
    const expected = await embedder.encode("x");
    expect(await tuned.encode("x")).toEqual(expected);
    expect(await tuned.encode("x", { promptName: "query" })).toEqual(expected);
    expect(await tuned.encodeQuery("x")).toEqual(backwards(expected));
  });

  test("token embeddings stay as they are", async () => {
    const backend = testBackend({
      run: async ({ rows, length }) => ({
        lastHiddenState: Float32Array.from({ length: rows * length * dimension }, (_, i) => i),
      }),
    });
    const embedder = testEmbedder(backend);
    const tuned = embedder.withAdapter(adapterOf("both"));
    const options = { promptName: "query" };
    expect(await tuned.encodeTokenEmbeddings("x", options)).toEqual(
      await embedder.encodeTokenEmbeddings("x", options),
    );
  });
});

test("an adapter is applied before truncation and normalization", async () => {
  const tuned = plain.withAdapter(adapterOf("query"));
  const full = await tuned.encodeQuery("x");
  const cut = await tuned.encodeQuery("x", { truncateDim: 2 });
  expect(cut).toEqual(full.subarray(0, 2));
  const unit = await tuned.encodeQuery("x", { truncateDim: 2, normalize: true });
  expect(Math.hypot(...unit)).toBeCloseTo(1, 6);
  expect(unit[0]! / unit[1]!).toBeCloseTo(cut[0]! / cut[1]!, 5);
});

test("vectors that the model normalizes are normalized again", async () => {
  const twice = Float32Array.from({ length: 16 }, (_, index) => Number(index % 5 === 0));
  const ofUnit = testBackend({
    run: async ({ rows }) => ({
      sentenceEmbedding: Float32Array.from(
        { length: rows * 4 },
        (_, i) => [0.6, 0, 0.8, 0][i % 4]!,
      ),
    }),
  });
  const lengthOf = async (normalized: boolean) => {
    const embedder = testEmbedder(ofUnit, { normalize: false }, { normalized });
    const { modelIdentity: identity } = embedder;
    const tuned = embedder.withAdapter(adapterOf("query", twice, { model: "test", identity }));
    return Math.hypot(...(await tuned.encodeQuery("x")));
  };
  expect(await lengthOf(true)).toBeCloseTo(1, 6);
  expect(await lengthOf(false)).toBeCloseTo(2, 6);
});

test("an untrained adapter changes nothing", async () => {
  const tuned = plain.withAdapter(adapterOf("both", new Float32Array(16)));
  expect(await tuned.encodeQuery("a text")).toEqual(await plain.encodeQuery("a text"));
});

test("with any adapter, vectors are x + x·Δ, also from the cache", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.float32Array({ minLength: 16, maxLength: 16, min: -2, max: 2, noNaN: true }),
      fc.array(fc.string({ maxLength: 8 }), { maxLength: 6 }),
      async (delta, texts) => {
        const cache = new MemoryVectorCache();
        const adapter = adapterOf("query", delta);
        const tuned = plain.withAdapter(adapter);
        const expected = adapter.apply(await plain.encodeQuery(texts, { cache }), "query");
        expect(await tuned.encodeQuery(texts, { cache })).toEqual(expected);
        expect(await tuned.encodeQuery(texts)).toEqual(expected);
      },
    ),
    { numRuns: 30 },
  );
});

test("one cache serves every adapter: it keeps the vectors of the model", async () => {
  const backend = testBackend();
  const cache = new MemoryVectorCache();
  const embedder = testEmbedder(backend, { normalize: false, cache });
  const tuned = embedder.withAdapter(adapterOf("both"));
  const first = await tuned.encodeDocument(["a", "b"]);
  const { length } = backend.batches;
  expect(await embedder.encodeDocument(["a", "b"])).toEqual(first.map(backwards));
  expect(await tuned.encodeDocument(["b"])).toEqual([first[1]]);
  expect(backend.batches.length).toBe(length);
});

test("cached vectors leave the event loop room", async () => {
  const large = 512;
  const cache = new MemoryVectorCache();
  const embedder = testEmbedder(
    testBackend({
      run: async ({ rows }) => ({ sentenceEmbedding: new Float32Array(rows * large) }),
    }),
    { cache },
    { dimension: large, matryoshkaDimensions: [large] },
  );
  const { modelIdentity: identity } = embedder;
  const weights = { delta: new Float32Array(large * large) };
  const parts = { sides: "query", dimension: large, base: { model: "test", identity } } as const;
  const tuned = embedder.withAdapter(Adapter.from({ ...parts, weights }));
  const texts = Array.from({ length: 250 }, (_, index) => `${index}`);
  await embedder.encodeQuery(texts);
  let turns = 0;
  const timer = setInterval(() => turns++);
  await tuned.encodeQuery(texts);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(3);
});

describe("identity", () => {
  test("contains an adapter that changes documents", () => {
    const adapter = adapterOf("both");
    const tuned = plain.withAdapter(adapter);
    expect(tuned.adapter).toBe(adapter);
    expect(tuned.modelIdentity).toBe(
      `${plain.modelIdentity}&adapter=${adapter.digest.slice(0, 16)}`,
    );
    expect(tuned.identity).toBe(
      plain.identity.replace(plain.modelIdentity, () => tuned.modelIdentity),
    );
    expect(tuned.queryIdentity).toBe(tuned.identity);
    expect(tuned.identityOf({ truncateDim: 2 })).toContain("&adapter=");
  });

  test("does not contain one that changes queries alone, apart from that of queries", () => {
    const adapter = adapterOf("query");
    const tuned = plain.withAdapter(adapter);
    expect(tuned.identity).toBe(plain.identity);
    expect(tuned.modelIdentity).toBe(plain.modelIdentity);
    expect(tuned.queryIdentity).toBe(
      `${plain.identity}&queryAdapter=${adapter.digest.slice(0, 16)}`,
    );
    expect(plain.queryIdentity).toBe(plain.identity);
  });

  test("is that of the model again without it", () => {
    const tuned = plain.withAdapter(adapterOf("both"));
    expect(tuned.withAdapter(null).identity).toBe(plain.identity);
    expect(tuned.withAdapter(null).adapter).toBeNull();
    const other = adapterOf("both", new Float32Array(16));
    expect(tuned.withAdapter(other).identity).toBe(plain.withAdapter(other).identity);
  });
});

describe("another model is refused", () => {
  const identityOf = (source: string, settings = "dtype=fp32&recipe=1.aaaaaaaaaaaaaaaa") =>
    `${source}?${settings}`;
  const [, recipe] = plain.modelIdentity.split("&");
  const commit = "0123456789abcdef0123456789abcdef01234567";

  test.each<[string, string, RegExp]>([
    ["another model", identityOf("other", `dtype=fp32&${recipe}`), /it is another model/],
    ["another recipe", identityOf("test"), /tokens become a vector in another way/],
    ["a server", identityOf("test", `server=openai&${recipe}`), /server is not set, not openai/],
    ["a folder", identityOf("sha256:1", `dtype=fp32&${recipe}`), /one is a local folder/],
    ["all", identityOf("other"), /another model, and tokens become/],
  ])("%s", (_name, identity, message) => {
    const adapter = adapterOf("query", reversal, { model: "owner/base", identity });
    const act = () => plain.withAdapter(adapter);
    expect(act).toThrow(expect.objectContaining({ code: "ADAPTER_MISMATCH" }));
    expect(act).toThrow(message);
    expect(act).toThrow(/made for "owner\/base".*has "test".*allowMismatch: true/s);
    expect(plain.withAdapter(adapter, { allowMismatch: true }).adapter).toBe(adapter);
  });

  test("another commit", () => {
    const backend = testBackend();
    const embedder = Embedder.from({
      model: `owner/a@${commit}`,
      backend,
      description: testDescription,
    });
    const identity = embedder.modelIdentity.replace("0123", "4567");
    const adapter = adapterOf("query", reversal, { model: "owner/a", identity });
    expect(() => embedder.withAdapter(adapter)).toThrow(/its commit is 0123.*, not 4567/);
  });

  test("another dtype and file are taken", () => {
    const identity = plain.modelIdentity.replace("dtype=fp32", "dtype=q8&file=onnx/own.onnx");
    const adapter = adapterOf("query", reversal, { model: "test", identity });
    expect(plain.withAdapter(adapter).adapter).toBe(adapter);
  });

  test("another dimension, at anyone's word", () => {
    const weights = { delta: new Float32Array(9) };
    const adapter = Adapter.from({ sides: "query", dimension: 3, weights, base });
    for (const options of [{}, { allowMismatch: true }]) {
      expect(() => plain.withAdapter(adapter, options)).toThrow(
        expect.objectContaining({
          code: "ADAPTER_MISMATCH",
          message: expect.stringMatching(/vectors of 3 numbers, but those of "test" have 4/),
        }),
      );
    }
  });
});

test("Embedder.from takes an adapter", async () => {
  const parts = { model: "test", backend: testBackend(), description: testDescription };
  const adapter = adapterOf("query");
  const tuned = Embedder.from({ ...parts, normalize: false, adapter });
  expect(await tuned.encodeQuery("x")).toEqual(backwards(await plain.encodeQuery("x")));
  expect(() => Embedder.from({ ...parts, adapter: "./folder" as never })).toThrow(
    /Load it first: `await Adapter.load\(folder\)`/,
  );
});

test("wrong arguments of withAdapter", () => {
  const adapter = adapterOf("query");
  const refuses = (message: RegExp, ...given: unknown[]) =>
    expect(() => plain.withAdapter(...(given as [Adapter]))).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(message),
      }),
    );
  refuses(/adapter must be an Adapter or null/, undefined);
  refuses(/An embedder has one adapter/, [adapter, adapter]);
  refuses(/Add the missing `await`/, Promise.resolve(adapter));
  refuses(/There is no option `allow`/, adapter, { allow: true });
});

test("weights that give no numbers are told", async () => {
  const adapter = adapterOf("query", new Float32Array(16).fill(3e38));
  await expect(plain.withAdapter(adapter).encodeQuery("x")).rejects.toMatchObject({
    code: "INFERENCE_FAILED",
    message: expect.stringContaining("The adapter made numbers that are not finite"),
  });
});

test("the weights are freed with the last of the embedders that share them", async () => {
  const dispose = vi.fn(async () => {});
  const embedder = testEmbedder(testBackend({ dispose }));
  const tuned = embedder.withAdapter(adapterOf("query"));
  const third = tuned.withAdapter(null);
  await embedder.dispose();
  await embedder.dispose();
  expect(() => embedder.withAdapter(null)).toThrow(expect.objectContaining({ code: "DISPOSED" }));
  await expect(tuned.encodeQuery("x")).resolves.toHaveLength(4);
  await tuned.dispose();
  expect(dispose).not.toHaveBeenCalled();
  await third.dispose();
  expect(dispose).toHaveBeenCalledOnce();
});
