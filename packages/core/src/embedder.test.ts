import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { Embedder } from "./embedder.ts";
import type { EncodeProgress, Truncation } from "./encoding/encode-texts.ts";
import type { ModelDescription } from "./model/description.ts";
import type { EncodeDefaults, EncodeOptions } from "./options.ts";
import type { Backend, Batch } from "./runtime/backend.ts";

const bos = 1;
const eos = 2;

/**
 * One token a character; the vector of a row tells what was in it: how many tokens, their sum, the
 * first and the last.
 */
function literalBackend(overrides: Partial<Backend> = {}): Backend & { batches: Batch[] } {
  const batches: Batch[] = [];
  const encode = (text: string) => Array.from(text, (character) => 10 + character.codePointAt(0)!);
  return {
    batches,
    tokenizer: { encode, decode: (ids) => String.fromCodePoint(...ids.map((id) => id - 10)) },
    specialTokens: { prefix: [bos], suffix: [eos] },
    padding: { id: 0, side: "right" },
    tokenize: async (texts) => texts.map(encode),
    async run(batch) {
      batches.push(batch);
      const rows = Array.from({ length: batch.rows }, (_, row) => {
        const cells = [
          ...batch.inputIds.subarray(row * batch.length, (row + 1) * batch.length),
        ].map(Number);
        const ids = cells.filter(
          (_id, index) => batch.attentionMask[row * batch.length + index] === 1n,
        );
        return [ids.length, ids.reduce((sum, id) => sum + id), ids[1] ?? 0, ids.at(-2) ?? 0];
      });
      return { sentenceEmbedding: Float32Array.from(rows.flat()) };
    },
    dispose: async () => {},
    ...overrides,
  };
}

const description: ModelDescription = {
  prompts: { query: "q:", document: "title: none | text: ", STS: "s:" },
  defaultPromptName: null,
  similarityFunction: "cosine",
  maxTokens: 30,
  pooling: ["mean"],
  includePrompt: true,
  denseLayers: 0,
  normalized: false,
  dimension: 4,
  matryoshkaDimensions: [4, 2],
  selfCheck: null,
  family: null,
};

function literalEmbedder(
  backend: Backend = literalBackend(),
  options: EncodeDefaults = { normalize: false },
  overrides: Partial<ModelDescription> = {},
): Embedder {
  return Embedder.from({
    model: "literal",
    backend,
    description: { ...description, ...overrides },
    ...options,
  });
}

const sumOf = (text: string) =>
  bos + eos + Array.from(text).reduce((sum, c) => sum + 10 + c.codePointAt(0)!, 0);

describe("inputs and outputs", () => {
  test("one text in, one vector out; an array in, an array out, in input order", async () => {
    const embedder = literalEmbedder();
    const one = await embedder.encode("abc");
    expect(one).toBeInstanceOf(Float32Array);
    expect(one[1]).toBe(sumOf("abc"));
    const many = await embedder.encode(["bb", "a", "cccc"]);
    expect(many.map((vector) => vector[1])).toEqual(["bb", "a", "cccc"].map(sumOf));
  });

  test("vectors are as short as the model itself asks for, unless the caller asks for another length", async () => {
    const own = { truncateDim: 2 };
    expect(literalEmbedder(literalBackend(), {}, own).dimension).toBe(2);
    expect(await literalEmbedder(literalBackend(), {}, own).encode("abc")).toHaveLength(2);
    expect(
      await literalEmbedder(literalBackend(), { truncateDim: 4 }, own).encode("abc"),
    ).toHaveLength(4);
  });

  test("a text that is too long loses its beginning where the model says so", async () => {
    const backend = literalBackend();
    await literalEmbedder(backend, {}, { maxTokens: 4, truncationSide: "left" }).encode("abcd");
    await literalEmbedder(backend, {}, { maxTokens: 4 }).encode("abcd");
    const inputs = backend.batches.map(({ inputIds }) => Array.from(inputIds, Number));
    const ids = Array.from("abcd", (character) => 10 + character.charCodeAt(0));
    expect(inputs).toEqual([
      [bos, ...ids.slice(2), eos],
      [bos, ...ids.slice(0, 2), eos],
    ]);
  });

  test("rows are views of one contiguous array", async () => {
    const vectors = await literalEmbedder().encode(["a", "b", "a"]);
    expect(new Set(vectors.map(({ buffer }) => buffer)).size).toBe(1);
    expect(vectors.map(({ byteOffset }) => byteOffset)).toEqual([0, 16, 32]);
  });

  test("an empty batch gives an empty batch, without inference", async () => {
    const backend = literalBackend();
    const embedder = literalEmbedder(backend);
    expect(await embedder.encode([])).toEqual([]);
    expect(await embedder.encodeDocument([])).toEqual([]);
    expect(backend.batches).toEqual([]);
  });

  test("prompts go before the texts", async () => {
    const embedder = literalEmbedder();
    expect((await embedder.encodeQuery("x"))[1]).toBe(sumOf("q:x"));
    expect((await embedder.encodeDocument("x"))[1]).toBe(sumOf("title: none | text: x"));
    expect((await embedder.encodeDocument({ title: "t", text: "x" }))[1]).toBe(
      sumOf("title: t | text: x"),
    );
    expect((await embedder.encode("x", { promptName: "STS" }))[1]).toBe(sumOf("s:x"));
    expect((await embedder.encodeQuery("x", { prompt: "" }))[1]).toBe(sumOf("x"));
  });

  test("an option that is undefined counts as left out", async () => {
    const embedder = literalEmbedder(literalBackend(), {
      normalize: false,
      truncateDim: undefined,
    } as EncodeDefaults);
    const options = { promptName: undefined, normalize: undefined } as object;
    expect(await embedder.encodeQuery("x", options)).toEqual(await embedder.encodeQuery("x"));
    expect(await embedder.encodeDocument("x", options)).toEqual(await embedder.encodeDocument("x"));
    const normalized = literalEmbedder(literalBackend(), {
      normalize: undefined,
    } as object as EncodeDefaults);
    expect(Math.hypot(...(await normalized.encode("x")))).toBeCloseTo(1, 6);
  });

  test("truncation, then normalisation", async () => {
    const full = await literalEmbedder(literalBackend(), { normalize: false }).encode("abc");
    const short = await literalEmbedder(literalBackend(), { truncateDim: 2 }).encode("abc");
    const length = Math.hypot(full[0]!, full[1]!);
    expect([...short]).toEqual([Math.fround(full[0]! / length), Math.fround(full[1]! / length)]);
  });

  test("lone surrogates and any other string are taken", async () => {
    const vectors = await literalEmbedder(literalBackend(), {}).encode([
      "\ud800",
      "",
      "\0",
      "👩‍🚀",
    ]);
    expect(vectors.flatMap((vector) => [...vector]).every(Number.isFinite)).toBe(true);
  });
});

test("whatever the texts and the budget, each vector is that of its text alone", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 200 }),
      async (texts, maxBatchTokens) => {
        const embedder = literalEmbedder();
        const together = await embedder.encode(texts, { maxBatchTokens });
        for (const [index, text] of texts.entries())
          expect(together[index]).toEqual(await embedder.encode(text));
      },
    ),
  );
});

describe("batches", () => {
  test("equal texts are embedded once", async () => {
    const backend = literalBackend();
    const vectors = await literalEmbedder(backend).encode(["a", "b", "a", "a"]);
    expect(backend.batches.reduce((rows, batch) => rows + batch.rows, 0)).toBe(2);
    expect(vectors[3]).toEqual(vectors[0]);
  });

  test("texts with different prompts are different, even if they join to one string", async () => {
    const backend = literalBackend();
    await literalEmbedder(backend).encodeDocument([
      "x",
      { title: "none", text: "x" },
      { title: "t", text: "x" },
    ]);
    expect(backend.batches.reduce((rows, batch) => rows + batch.rows, 0)).toBe(2);
  });

  test("keep the token budget", async () => {
    const backend = literalBackend();
    await literalEmbedder(backend).encode(
      Array.from({ length: 100 }, (_, index) => "x".repeat((index * 7) % 28)),
      { maxBatchTokens: 64 },
    );
    for (const { rows, length } of backend.batches) expect(rows * length).toBeLessThanOrEqual(64);
  });

  test("a query overtakes documents at the next batch", async () => {
    const finished: string[] = [];
    const embedder = literalEmbedder();
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

  test("progress counts texts, with those embedded once for several, and tokens", async () => {
    const events: EncodeProgress[] = [];
    await literalEmbedder().encode(["aa", "aa", "b"], {
      maxBatchTokens: 1,
      onProgress: (event) => events.push(event),
    });
    expect(events).toEqual([
      { done: 2, total: 3, tokens: 4 },
      { done: 3, total: 3, tokens: 7 },
    ]);
  });

  test("a failing batch rejects its call and leaves the embedder usable", async () => {
    const backend = literalBackend();
    const run = vi.spyOn(backend, "run").mockRejectedValueOnce(287180544);
    const embedder = literalEmbedder(backend);
    await expect(embedder.encode("a")).rejects.toMatchObject({
      code: "INFERENCE_FAILED",
      cause: 287180544,
      message: expect.stringMatching(/287180544.*maxBatchTokens/),
    });
    await expect(embedder.encode("a")).resolves.toHaveLength(4);
    expect(run).toHaveBeenCalledTimes(2);
  });
});

describe("numbers that are not finite", () => {
  test.for([Number.NaN, Number.POSITIVE_INFINITY])(
    "%d is an error, and no cache keeps it",
    async (number) => {
      const run = async ({ rows }: Batch) => ({
        sentenceEmbedding: new Float32Array(rows * 4).fill(number),
      });
      const cache = {
        getMany: async (keys: readonly string[]) => keys.map(() => undefined),
        setMany: vi.fn(),
      };
      const call = literalEmbedder(literalBackend({ run }), { cache }).encode(["a", "b"]);
      await expect(call).rejects.toMatchObject({
        code: "INFERENCE_FAILED",
        message: expect.stringContaining("overflow"),
      });
      expect(cache.setMany).not.toHaveBeenCalled();
    },
  );
});

describe("length", () => {
  const long = "x".repeat(40);

  test("a long text is cut at its end, between the special tokens", async () => {
    const backend = literalBackend();
    await literalEmbedder(backend).encode(long);
    const ids = [...backend.batches[0]!.inputIds].map(Number);
    expect(ids).toHaveLength(30);
    expect([ids[0], ids.at(-1)]).toEqual([bos, eos]);
  });

  test("every cut is told, with the lengths that the prompt makes", async () => {
    const cuts: Truncation[] = [];
    await literalEmbedder().encodeQuery([long, "short", long], {
      onTruncate: (cut) => cuts.push(cut),
    });
    expect(cuts).toEqual([0, 2].map((index) => ({ index, tokens: 44, maxTokens: 30 })));
  });

  test('truncation: "error" refuses before any inference', async () => {
    const backend = literalBackend();
    await expect(
      literalEmbedder(backend).encode(["short", long], { truncation: "error" }),
    ).rejects.toMatchObject({
      code: "INPUT_TOO_LONG",
      details: { index: 1, tokens: 42, maxTokens: 30 },
    });
    expect(backend.batches).toEqual([]);
  });

  test("tokens are counted with prompt and special tokens", async () => {
    const embedder = literalEmbedder();
    expect(await embedder.countTokens(long)).toBe(42);
    expect(await embedder.countTokens("ab", { promptName: "query" })).toBe(6);
    expect(embedder.tokenizer.decode(embedder.tokenizer.encode("abc"))).toBe("abc");
  });
});

describe("abort", () => {
  test("before the call", async () => {
    await expect(literalEmbedder().encode("a", { signal: AbortSignal.abort("no") })).rejects.toBe(
      "no",
    );
  });

  test("stops before the next batch", async () => {
    const backend = literalBackend();
    const controller = new AbortController();
    const reason = new Error("enough");
    const call = literalEmbedder(backend).encode(["aaaaa", "bbb", "c"], {
      maxBatchTokens: 1,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(call).rejects.toBe(reason);
    expect(backend.batches).toHaveLength(1);
  });
});

test("an abort ends the tokenizing of many texts", async () => {
  const controller = new AbortController();
  const tokenize = vi.fn(async (texts: readonly string[]) => {
    controller.abort(new Error("enough"));
    return texts.map(() => [10]);
  });
  const texts = Array.from({ length: 10_000 }, (_, index) => `text ${index}`);
  const call = literalEmbedder(literalBackend({ tokenize })).encode(texts, {
    signal: controller.signal,
  });
  await expect(call).rejects.toThrow("enough");
  expect(tokenize).toHaveBeenCalledTimes(1);
});

describe("a stream of documents", () => {
  async function* documents(count: number) {
    for (let index = 0; index < count; index++) yield `d${index}`;
  }

  test("gives all vectors in input order and adds progress up", async () => {
    const events: EncodeProgress[] = [];
    const embedder = literalEmbedder();
    const vectors: Float32Array[] = [];
    for await (const batch of embedder.encodeDocumentStream(documents(600), {
      onProgress: (event) => events.push(event),
    })) {
      vectors.push(...batch);
    }
    const texts: string[] = [];
    for await (const text of documents(600)) texts.push(text);
    expect(vectors).toEqual(await embedder.encodeDocument(texts));
    expect(events.at(-1)).toMatchObject({ done: 600, total: 600 });
    expect(
      events.every((event, index) => index === 0 || event.done > events[index - 1]!.done),
    ).toBe(true);
  });

  test("tells of cuts, and refuses them, by the position in the stream", async () => {
    async function* oneLong() {
      for (let index = 0; index < 300; index++) yield index === 270 ? "x".repeat(40) : "short";
    }
    const drain = async (options: EncodeOptions) => {
      for await (const _ of literalEmbedder().encodeDocumentStream(oneLong(), {
        prompt: "",
        ...options,
      }));
    };
    const cuts: Truncation[] = [];
    await drain({ onTruncate: (cut) => cuts.push(cut) });
    expect(cuts).toEqual([{ index: 270, tokens: 42, maxTokens: 30 }]);
    await expect(drain({ truncation: "error" })).rejects.toMatchObject({
      code: "INPUT_TOO_LONG",
      details: { index: 270 },
    });
  });

  test("is closed when its reader stops, and when a batch fails", async () => {
    let closed = 0;
    async function* source() {
      try {
        for (;;) yield "text";
      } finally {
        closed++;
      }
    }
    for await (const _ of literalEmbedder().encodeDocumentStream(source())) break;
    expect(closed).toBe(1);
    const failing = literalEmbedder(
      literalBackend({ run: async () => Promise.reject(new Error("no")) }),
    );
    await expect(failing.encodeDocumentStream(source()).next()).rejects.toMatchObject({
      code: "INFERENCE_FAILED",
    });
    expect(closed).toBe(2);
  });

  test("is read only as far as vectors are taken", async () => {
    let read = 0;
    async function* endless() {
      for (;;) yield `d${read++}`;
    }
    for await (const batch of literalEmbedder().encodeDocumentStream(endless())) {
      expect(batch.length).toBe(read);
      break;
    }
    expect(read).toBeLessThan(1000);
  });
});

describe("bad input", () => {
  test.for([undefined, null, 5, {}, [["nested"]], [1, 2], new Array(2)])(
    "encode(%j)",
    async (input) => {
      await expect(literalEmbedder().encode(input as string)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    },
  );

  test.for([undefined, null, 5, {}, { text: 5 }, { title: 5, text: "x" }])(
    "encodeDocument(%j)",
    async (input) => {
      await expect(literalEmbedder().encodeDocument(input as string)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    },
  );

  test.for([
    [{ truncateDim: 3 }, "UNTRAINED_DIMENSION", "4, 2"],
    [{ truncateDim: 5 }, "INVALID_ARGUMENT", "from 1 to 4"],
    [{ truncateDim: 0 }, "INVALID_ARGUMENT", "0 was given"],
    [{ truncateDim: 1.5 }, "INVALID_ARGUMENT", "1.5 was given"],
    [{ maxBatchTokens: 0 }, "INVALID_ARGUMENT", "maxBatchTokens"],
    [{ maxBatchTokens: Number.NaN }, "INVALID_ARGUMENT", "maxBatchTokens"],
    [{ maxBatchTokens: "64" }, "INVALID_ARGUMENT", "maxBatchTokens"],
    [{ truncation: "start" }, "INVALID_ARGUMENT", '"cut" or "error"'],
    [{ truncation: "end" }, "INVALID_ARGUMENT", '"end" is now called "cut"'],
    [{ truncateDims: 2 }, "INVALID_ARGUMENT", "Did you mean `truncateDim`?"],
    [{ Promptname: "STS" }, "INVALID_ARGUMENT", "Did you mean `promptName`?"],
    [null, "INVALID_ARGUMENT", "options must be an object; null was given"],
    [{ promptName: null }, "INVALID_ARGUMENT", "promptName must be a string"],
    [{ normalize: "yes" }, "INVALID_ARGUMENT", "true or false"],
    [{ signal: 5 }, "INVALID_ARGUMENT", "signal must be an AbortSignal"],
    [{ onProgress: "log" }, "INVALID_ARGUMENT", "onProgress must be a function"],
    [{ onTruncate: true }, "INVALID_ARGUMENT", "onTruncate must be a function"],
    [{ cache: {} }, "INVALID_ARGUMENT", "getMany and setMany"],
    [{ prompt: 5 }, "INVALID_ARGUMENT", "prompt must be a string"],
    [{ promptName: "nope" }, "UNKNOWN_PROMPT", "query, document, STS"],
  ] as const)("%j", async ([options, code, message]) => {
    const call = literalEmbedder().encode("a", options as object);
    await expect(call).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test("other calls refuse unknown options too", async () => {
    const embedder = literalEmbedder();
    const unknown = expect.objectContaining({
      code: "INVALID_ARGUMENT",
      details: { option: "normalise", nearest: "normalize" },
    });
    const options = { normalise: true } as object;
    await expect(embedder.encodeQuery("a", options)).rejects.toEqual(unknown);
    await expect(embedder.encodeDocument("a", options)).rejects.toEqual(unknown);
    await expect(embedder.encodeDocumentStream(noTexts(), options).next()).rejects.toEqual(unknown);
    await expect(Embedder.load("no model", options)).rejects.toEqual(unknown);
    expect(() => embedder.identityOf(options)).toThrow(unknown);
    expect(() => literalEmbedder(literalBackend(), options)).toThrow(unknown);
    await expect(embedder.countTokens("a", { promptname: "STS" } as object)).rejects.toMatchObject({
      details: { nearest: "promptName" },
    });
  });

  test.each(["median", [], ["mean", "median"]])("pooling %j is refused", async (pooling) => {
    await expect(Embedder.load("no model", { pooling: pooling as never })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("weightedmean"),
    });
  });

  test.each(["model", "backend", "description"] as const)("Embedder.from without %s", (name) => {
    const parts = { model: "literal", backend: literalBackend(), description, [name]: undefined };
    expect(() => Embedder.from(parts as never)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(`${name} must be`),
      }),
    );
  });

  test("Embedder.from with a model, backend or description of another kind", () => {
    const parts = { model: "literal", backend: literalBackend(), description };
    for (const wrong of [{ model: "" }, { backend: {} }, { description: "bert" }]) {
      expect(() => Embedder.from({ ...parts, ...wrong } as never)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    }
  });

  test("an unknown option that is undefined is ignored", async () => {
    const options = { normalise: undefined } as object;
    expect(await literalEmbedder().encode("a", options)).toHaveLength(4);
  });

  test("an untrained dimension can be had on request", async () => {
    expect(
      await literalEmbedder().encode("a", { truncateDim: 3, allowUntrainedDim: true }),
    ).toHaveLength(3);
  });
});

async function* noTexts(): AsyncGenerator<string> {}

describe("names before 0.2.0", () => {
  test("Embedder.fromBackend tells Embedder.from", () => {
    expect(() => Embedder.fromBackend()).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("Embedder.from({ model, backend, description"),
      }),
    );
  });

  test("encodeDocument of a stream tells encodeDocumentStream, and the other way round", async () => {
    const embedder = literalEmbedder();
    await expect(embedder.encodeDocument(noTexts() as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("encodeDocumentStream"),
    });
    await expect(embedder.encodeDocumentStream(["a"] as never).next()).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("embedded by encodeDocument."),
    });
  });
});

describe("a graph that does not fit its description", () => {
  const hidden = async ({ rows, length }: Batch) => ({
    lastHiddenState: new Float32Array(rows * length * 4).fill(1),
  });

  test.for([
    ["Dense layers that are missing", hidden, { denseLayers: 2 }, "point nowhere"],
    [
      "vectors of another length",
      hidden,
      { dimension: 8, matryoshkaDimensions: [8] },
      "vectors of 4 numbers",
    ],
    ["no known output", async () => ({}), {}, "neither the output"],
  ] as const)("%s", async ([, run, overrides, message]) => {
    const embedder = literalEmbedder(literalBackend({ run }), {}, overrides);
    await expect(embedder.encode("a")).rejects.toMatchObject({
      code: "MODEL_INCOMPLETE",
      message: expect.stringContaining(message),
    });
  });
});

describe("dispose", () => {
  test("waits for tokens that are being counted", async () => {
    let answer: (tokens: number[][]) => void = () => {};
    const tokenize = () =>
      new Promise<number[][]>((resolve) => {
        answer = resolve;
      });
    const dispose = vi.fn(async () => {});
    const embedder = literalEmbedder(literalBackend({ tokenize, dispose }));
    const counting = embedder.countTokens("abc");
    const disposing = embedder.dispose();
    await new Promise((resolve) => setTimeout(resolve));
    expect(dispose).not.toHaveBeenCalled();
    answer([[10, 11, 12]]);
    await disposing;
    expect(await counting).toBe(5);
    expect(dispose).toHaveBeenCalledTimes(1);
  });

  test("lets running calls finish, refuses later ones, and may be repeated", async () => {
    const dispose = vi.fn(async () => {});
    const embedder = literalEmbedder(literalBackend({ dispose }));
    const running = embedder.encode("a");
    await embedder.dispose();
    await embedder.dispose();
    expect(await running).toHaveLength(4);
    expect(dispose).toHaveBeenCalledTimes(1);
    await expect(embedder.encode("a")).rejects.toMatchObject({ code: "DISPOSED" });
  });

  test("keeps the description readable", async () => {
    const embedder = literalEmbedder();
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
