import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { bos, eos, testBackend, testEmbedder } from "../test-support/test-embedder.ts";
import { MemoryVectorCache } from "./cache/memory-vector-cache.ts";
import type { EncodeProgress } from "./encoding/encode-texts.ts";
import type { Truncation } from "./encoding/run-texts.ts";
import type { EncodeDefaults } from "./options.ts";

const sumOf = (text: string) =>
  bos + eos + Array.from(text).reduce((sum, c) => sum + 10 + c.codePointAt(0)!, 0);

describe("inputs and outputs", () => {
  test("a text gives a vector, an array gives an array in input order", async () => {
    const embedder = testEmbedder();
    const one = await embedder.encode("abc");
    expect(one).toBeInstanceOf(Float32Array);
    expect(one[1]).toBe(sumOf("abc"));
    const many = await embedder.encode(["bb", "a", "cccc"]);
    expect(many.map((vector) => vector[1])).toEqual(["bb", "a", "cccc"].map(sumOf));
  });

  test("the model's own truncateDim is the default", async () => {
    const own = { truncateDim: 2 };
    expect(testEmbedder(testBackend(), {}, own).dimension).toBe(2);
    expect(await testEmbedder(testBackend(), {}, own).encode("abc")).toHaveLength(2);
    expect(await testEmbedder(testBackend(), { truncateDim: 4 }, own).encode("abc")).toHaveLength(
      4,
    );
  });

  test("a long text is cut at its beginning if the model says so", async () => {
    const backend = testBackend();
    await testEmbedder(backend, {}, { maxTokens: 4, truncationSide: "left" }).encode("abcd");
    await testEmbedder(backend, {}, { maxTokens: 4 }).encode("abcd");
    const inputs = backend.batches.map(({ inputIds }) => Array.from(inputIds, Number));
    const ids = Array.from("abcd", (character) => 10 + character.charCodeAt(0));
    expect(inputs).toEqual([
      [bos, ...ids.slice(2), eos],
      [bos, ...ids.slice(0, 2), eos],
    ]);
  });

  test("rows are views of one contiguous array", async () => {
    const vectors = await testEmbedder().encode(["a", "b", "a"]);
    expect(new Set(vectors.map(({ buffer }) => buffer)).size).toBe(1);
    expect(vectors.map(({ byteOffset }) => byteOffset)).toEqual([0, 16, 32]);
  });

  test("an empty array gives an empty array, without inference", async () => {
    const backend = testBackend();
    const embedder = testEmbedder(backend);
    expect(await embedder.encode([])).toEqual([]);
    expect(await embedder.encodeDocument([])).toEqual([]);
    expect(backend.batches).toEqual([]);
  });

  test("prompts go before the texts", async () => {
    const embedder = testEmbedder();
    expect((await embedder.encodeQuery("x"))[1]).toBe(sumOf("q:x"));
    expect((await embedder.encodeDocument("x"))[1]).toBe(sumOf("title: none | text: x"));
    expect((await embedder.encodeDocument({ title: "t", text: "x" }))[1]).toBe(
      sumOf("title: t | text: x"),
    );
    expect((await embedder.encode("x", { promptName: "STS" }))[1]).toBe(sumOf("s:x"));
    expect((await embedder.encodeQuery("x", { prompt: "" }))[1]).toBe(sumOf("x"));
  });

  test("an option that is undefined counts as left out", async () => {
    const embedder = testEmbedder(testBackend(), {
      normalize: false,
      truncateDim: undefined,
    } as EncodeDefaults);
    const options = { promptName: undefined, normalize: undefined } as object;
    expect(await embedder.encodeQuery("x", options)).toEqual(await embedder.encodeQuery("x"));
    expect(await embedder.encodeDocument("x", options)).toEqual(await embedder.encodeDocument("x"));
    const normalized = testEmbedder(testBackend(), {
      normalize: undefined,
    } as object as EncodeDefaults);
    expect(Math.hypot(...(await normalized.encode("x")))).toBeCloseTo(1, 6);
  });

  test("truncation, then normalization", async () => {
    const full = await testEmbedder(testBackend(), { normalize: false }).encode("abc");
    const short = await testEmbedder(testBackend(), { truncateDim: 2 }).encode("abc");
    const length = Math.hypot(full[0]!, full[1]!);
    expect([...short]).toEqual([Math.fround(full[0]! / length), Math.fround(full[1]! / length)]);
  });

  test("any string is accepted, even a lone surrogate", async () => {
    const vectors = await testEmbedder(testBackend(), {}).encode(["\ud800", "", "\0", "👩‍🚀"]);
    expect(vectors.flatMap((vector) => [...vector]).every(Number.isFinite)).toBe(true);
  });
});

test("a vector does not depend on the other texts or on the batch size", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 200 }),
      async (texts, maxBatchTokens) => {
        const embedder = testEmbedder();
        const together = await embedder.encode(texts, { maxBatchTokens });
        for (const [index, text] of texts.entries())
          expect(together[index]).toEqual(await embedder.encode(text));
      },
    ),
  );
});

describe("batches", () => {
  test("equal texts are embedded once", async () => {
    const backend = testBackend();
    const vectors = await testEmbedder(backend).encode(["a", "b", "a", "a"]);
    expect(backend.batches.reduce((rows, batch) => rows + batch.rows, 0)).toBe(2);
    expect(vectors[3]).toEqual(vectors[0]);
  });

  test("equal strings made of different prompts and texts are embedded separately", async () => {
    const backend = testBackend();
    await testEmbedder(backend).encodeDocument([
      "x",
      { title: "none", text: "x" },
      { title: "t", text: "x" },
    ]);
    expect(backend.batches.reduce((rows, batch) => rows + batch.rows, 0)).toBe(2);
  });

  test("stay within maxBatchTokens", async () => {
    const backend = testBackend();
    await testEmbedder(backend).encode(
      Array.from({ length: 100 }, (_, index) => "x".repeat((index * 7) % 28)),
      { maxBatchTokens: 64 },
    );
    for (const { rows, length } of backend.batches) expect(rows * length).toBeLessThanOrEqual(64);
  });

  test("have at most batchSize texts, in every call", async () => {
    const backend = testBackend();
    const embedder = testEmbedder(backend, { batchSize: 1 });
    const rows = () => backend.batches.splice(0).map((batch) => batch.rows);
    await embedder.encodeDocument(["a", "b", "a", "c"]);
    expect(rows()).toEqual([1, 1, 1]);
    for await (const vectors of embedder.encodeDocumentStream(streamOf(["a", "b", "b"])))
      expect(vectors).toHaveLength(3);
    expect(rows()).toEqual([1, 1]);
    await embedder.encodeQuery(["a", "b", "c"], { batchSize: 2 });
    expect(rows().sort()).toEqual([1, 2]);
    await testEmbedder(backend).encode(["a", "b", "c"]);
    expect(rows()).toEqual([3]);
  });

  test("a query runs before the next batch of documents", async () => {
    const finished: string[] = [];
    const embedder = testEmbedder();
    const documents = embedder
      .encodeDocument(["aaaa", "bb", "c"], {
        maxBatchTokens: 1,
        onProgress: ({ done }) => finished.push(`document ${done}`),
      })
      .then(() => {});
    const query = embedder.encodeQuery("?").then(() => finished.push("query"));
    await Promise.all([documents, query]);
    expect(finished.indexOf("query")).toBeLessThan(finished.indexOf("document 3"));
  });

  test("progress counts duplicate texts, but not their tokens", async () => {
    const events: EncodeProgress[] = [];
    await testEmbedder().encode(["aa", "aa", "b"], {
      maxBatchTokens: 1,
      onProgress: (event) => events.push(event),
    });
    expect(events).toEqual([
      { done: 2, total: 3, tokens: 4 },
      { done: 3, total: 3, tokens: 7 },
    ]);
  });

  test("a failing batch rejects its call and leaves the embedder usable", async () => {
    const backend = testBackend();
    const run = vi.spyOn(backend, "run").mockRejectedValueOnce(287180544);
    const embedder = testEmbedder(backend);
    await expect(embedder.encode("a")).rejects.toMatchObject({
      code: "INFERENCE_FAILED",
      cause: 287180544,
      message: expect.stringMatching(/287180544.*maxBatchTokens/),
    });
    await expect(embedder.encode("a")).resolves.toHaveLength(4);
    expect(run).toHaveBeenCalledTimes(2);
  });
});

describe("a backend whose vectors depend on their batch", () => {
  /** The last number of a vector is the number of texts in its batch. */
  function dependentBackend() {
    const { run } = testBackend();
    return testBackend({
      batchInvariant: false,
      async run(batch) {
        const { sentenceEmbedding } = await run(batch);
        return {
          sentenceEmbedding: sentenceEmbedding!.map((value, index) =>
            index % 4 === 3 ? batch.rows : value,
          ),
        };
      },
    });
  }
  const rowsOf = (vectors: readonly Float32Array[]) => vectors.map((vector) => vector[3]);

  test("is reported as it is", () => {
    expect(testEmbedder(dependentBackend()).batchInvariant).toBe(false);
    expect(testEmbedder(testBackend({ batchInvariant: true })).batchInvariant).toBe(true);
    expect(testEmbedder().batchInvariant).toBe(true);
  });

  test("has only those vectors cached that were computed alone", async () => {
    const cache = new MemoryVectorCache();
    const embedder = testEmbedder(dependentBackend(), { normalize: false, cache });
    expect(rowsOf(await embedder.encode(["a", "b", "a"]))).toEqual([2, 2, 2]);
    expect(rowsOf(await embedder.encode(["a", "c"]))).toEqual([2, 2]);
    expect((await embedder.encode("a"))[3]).toBe(1);
    expect(rowsOf(await embedder.encode(["a", "b", "c"]))).toEqual([1, 2, 2]);
    expect(rowsOf(await embedder.encode(["b", "c"], { batchSize: 1 }))).toEqual([1, 1]);
    expect(rowsOf(await embedder.encode(["a", "b", "c", "d", "d"]))).toEqual([1, 1, 1, 1, 1]);
  });

  test("shares no cached vectors with releases that cached whole batches", async () => {
    const cache = new MemoryVectorCache();
    const earlier = { ...dependentBackend(), batchInvariant: true };
    const before = testEmbedder(earlier, { normalize: false, cache });
    await before.encode(["a", "b"]);
    expect((await before.encode("a"))[3]).toBe(2);
    const embedder = testEmbedder(dependentBackend(), { normalize: false, cache });
    expect(embedder.identity).toBe(before.identity);
    expect((await embedder.encode("a"))[3]).toBe(1);
  });
});

describe("length", () => {
  const long = "x".repeat(40);

  test("a long text is cut at its end, between the special tokens", async () => {
    const backend = testBackend();
    await testEmbedder(backend).encode(long);
    const ids = [...backend.batches[0]!.inputIds].map(Number);
    expect(ids).toHaveLength(30);
    expect([ids[0], ids.at(-1)]).toEqual([bos, eos]);
  });

  test("every cut is reported, with a length that includes the prompt", async () => {
    const cuts: Truncation[] = [];
    await testEmbedder().encodeQuery([long, "short", long], {
      onTruncate: (cut) => cuts.push(cut),
    });
    expect(cuts).toEqual([0, 2].map((index) => ({ index, tokens: 44, maxTokens: 30 })));
  });

  test('truncation: "error" rejects before any inference', async () => {
    const backend = testBackend();
    await expect(
      testEmbedder(backend).encode(["short", long], { truncation: "error" }),
    ).rejects.toMatchObject({
      code: "INPUT_TOO_LONG",
      details: { index: 1, tokens: 42, maxTokens: 30 },
    });
    expect(backend.batches).toEqual([]);
  });

  test("countTokens includes prompt and special tokens", async () => {
    const embedder = testEmbedder();
    expect(await embedder.countTokens(long)).toBe(42);
    expect(await embedder.countTokens("ab", { promptName: "query" })).toBe(6);
    const own = { addSpecialTokens: false };
    expect(await embedder.countTokens(long, own)).toBe(40);
    expect(await embedder.countTokens("ab", { ...own, promptName: "query" })).toBe(4);
    expect(await embedder.countTokens("", own)).toBe(0);
    expect(embedder.tokenizer.decode(embedder.tokenizer.encode("abc"))).toBe("abc");
  });
});

describe("abort", () => {
  test("before the call rejects", async () => {
    await expect(testEmbedder().encode("a", { signal: AbortSignal.abort("no") })).rejects.toBe(
      "no",
    );
  });

  test("stops before the next batch", async () => {
    const backend = testBackend();
    const controller = new AbortController();
    const reason = new Error("enough");
    const call = testEmbedder(backend).encode(["aaaaa", "bbb", "c"], {
      maxBatchTokens: 1,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(call).rejects.toBe(reason);
    expect(backend.batches).toHaveLength(1);
  });
});

test("an abort stops the tokenizing of many texts", async () => {
  const controller = new AbortController();
  const tokenize = vi.fn(async (texts: readonly string[]) => {
    controller.abort(new Error("enough"));
    return texts.map(() => [10]);
  });
  const texts = Array.from({ length: 10_000 }, (_, index) => `text ${index}`);
  const call = testEmbedder(testBackend({ tokenize })).encode(texts, {
    signal: controller.signal,
  });
  await expect(call).rejects.toThrow("enough");
  expect(tokenize).toHaveBeenCalledTimes(1);
});

describe("dispose", () => {
  test("waits for countTokens", async () => {
    let finish: (tokens: number[][]) => void = () => {};
    const tokenize = () =>
      new Promise<number[][]>((resolve) => {
        finish = resolve;
      });
    const dispose = vi.fn(async () => {});
    const embedder = testEmbedder(testBackend({ tokenize, dispose }));
    const counting = embedder.countTokens("abc");
    const disposing = embedder.dispose();
    await new Promise((resolve) => setTimeout(resolve));
    expect(dispose).not.toHaveBeenCalled();
    finish([[10, 11, 12]]);
    await disposing;
    expect(await counting).toBe(5);
    expect(dispose).toHaveBeenCalledTimes(1);
  });

  test("lets running calls finish, refuses later ones, and can be called twice", async () => {
    const dispose = vi.fn(async () => {});
    const embedder = testEmbedder(testBackend({ dispose }));
    const running = embedder.encode("a");
    await embedder.dispose();
    await embedder.dispose();
    expect(await running).toHaveLength(4);
    expect(dispose).toHaveBeenCalledTimes(1);
    await expect(embedder.encode("a")).rejects.toMatchObject({ code: "DISPOSED" });
  });

  test("keeps the properties readable", async () => {
    const embedder = testEmbedder();
    const read = () => ({
      prompts: embedder.prompts,
      defaultPromptName: embedder.defaultPromptName,
      dimension: embedder.dimension,
      matryoshkaDimensions: embedder.matryoshkaDimensions,
      maxTokens: embedder.maxTokens,
      similarityFunction: embedder.similarityFunction,
      identity: embedder.identity,
      similarity: embedder.similarity([1, 0], [1, 0]),
    });
    const before = read();
    await embedder.dispose();
    expect(read()).toEqual(before);
    expect(before).toMatchObject({ dimension: 4, maxTokens: 30, similarity: [[1]] });
  });
});

async function* streamOf(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}
