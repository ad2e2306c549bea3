import { describe, expect, test, vi } from "vitest";
import { testBackend, testDescription, testEmbedder } from "../test-support/test-embedder.ts";
import { Embedder } from "./embedder.ts";
import type { ModelDescription } from "./model/description.ts";
import type { EncodeDefaults } from "./options.ts";
import type { Batch } from "./runtime/backend.ts";

async function* noTexts(): AsyncGenerator<string> {}

const parts = { model: "test", backend: testBackend(), description: testDescription };

test.for([undefined, "model", { model: "model" }])(
  "new Embedder(%j) says what to use",
  (argument) => {
    const Constructor = Embedder as unknown as new (argument: unknown) => Embedder;
    expect(() => new Constructor(argument)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/Use `await Embedder\.load\(…\)`\.$/),
      }),
    );
  },
);

describe("bad input", () => {
  test.for([undefined, null, 5, {}, [["nested"]], [1, 2], new Array(2)])(
    "encode(%j)",
    async (input) => {
      await expect(testEmbedder().encode(input as string)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    },
  );

  test.for([undefined, null, 5, {}, { text: 5 }, { title: 5, text: "x" }])(
    "encodeDocument(%j)",
    async (input) => {
      await expect(testEmbedder().encodeDocument(input as string)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    },
  );

  test.for([
    ["encode", ["a", null], "Text 1 must be a string; null was given."],
    ["encode", [["a"]], "Text 0 must be a string; an array of 1 was given."],
    [
      "encodeQuery",
      ["a", "b", { text: "c" }],
      "Text 2 must be a string; an object (Object) was given. Documents are for encodeDocument.",
    ],
    ["encodeQuery", new Set(["a"]), "A text must be a string; an object (Set) was given."],
    // biome-ignore lint/suspicious/noSparseArray: that is what is tested
    ["encode", ["a", , "b"], "Text 1 must be a string; undefined was given."],
    [
      "encodeDocument",
      [{ text: "a" }, 7],
      "Document 1 must be a string or { title?: string, text: string }; 7 was given.",
    ],
    [
      "encodeDocument",
      [["a"]],
      "Document 0 must be a string or { title?: string, text: string }; an array of 1 was given.",
    ],
    [
      "encodeDocument",
      { title: "t", text: "x", titel: "y" },
      "A document has the unknown field `titel`. Did you mean `title`?",
    ],
    [
      "encodeDocument",
      ["a", { pageContent: "x" }],
      "Document 1 has the unknown field `pageContent`. Did you mean `text`?",
    ],
    [
      "encodeDocument",
      [{ text: "x", metadata: {} }],
      "Document 0 has the unknown field `metadata`. Only its `title` and `text` are embedded: " +
        "pass { title, text }.",
    ],
  ] as const)("%s(%j) says what is wrong", async ([call, input, message]) => {
    await expect(testEmbedder()[call](input as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message,
    });
  });

  test("a stream counts its documents from its beginning", async () => {
    async function* documents() {
      for (let index = 0; index < 300; index++)
        yield index === 270 ? (5 as never) : `text ${index}`;
    }
    const stream = testEmbedder().encodeDocumentStream(documents());
    expect((await stream.next()).value).toHaveLength(256);
    await expect(stream.next()).rejects.toThrow(/^Document 270 must be/);
  });

  test.for([
    [{ truncateDim: 3 }, "UNTRAINED_DIMENSION", "4, 2"],
    [{ truncateDim: 5 }, "INVALID_ARGUMENT", "from 1 to 4"],
    [{ truncateDim: 0 }, "INVALID_ARGUMENT", "0 was given"],
    [{ truncateDim: 1.5 }, "INVALID_ARGUMENT", "1.5 was given"],
    [{ maxBatchTokens: 0 }, "INVALID_ARGUMENT", "maxBatchTokens"],
    [{ maxBatchTokens: Number.NaN }, "INVALID_ARGUMENT", "maxBatchTokens"],
    [{ maxBatchTokens: "64" }, "INVALID_ARGUMENT", "maxBatchTokens"],
    [{ batchSize: 0 }, "INVALID_ARGUMENT", "batchSize"],
    [{ batchSize: 1.5 }, "INVALID_ARGUMENT", "batchSize"],
    [{ batchSize: null }, "INVALID_ARGUMENT", "batchSize"],
    [{ batch_size: 1 }, "INVALID_ARGUMENT", "Did you mean `batchSize`"],
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
    const call = testEmbedder().encode("a", options as object);
    await expect(call).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test("other calls refuse unknown options too", async () => {
    const embedder = testEmbedder();
    const unknown = expect.objectContaining({
      code: "INVALID_ARGUMENT",
      details: {
        option: "normalise",
        nearest: "normalize",
        options: expect.arrayContaining(["normalize"]),
      },
    });
    const options = { normalise: true } as object;
    await expect(embedder.encodeQuery("a", options)).rejects.toEqual(unknown);
    await expect(embedder.encodeDocument("a", options)).rejects.toEqual(unknown);
    await expect(embedder.encodeDocumentStream(noTexts(), options).next()).rejects.toEqual(unknown);
    await expect(Embedder.load("no model", options)).rejects.toEqual(unknown);
    expect(() => embedder.identityOf(options)).toThrow(unknown);
    expect(() => testEmbedder(testBackend(), options)).toThrow(unknown);
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
    expect(() => Embedder.from({ ...parts, [name]: undefined } as never)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(`${name} must be`),
      }),
    );
  });

  test("Embedder.from with an invalid model, backend or description", () => {
    for (const wrong of [{ model: "" }, { backend: {} }, { description: "bert" }]) {
      expect(() => Embedder.from({ ...parts, ...wrong } as never)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    }
  });

  test("Embedder.load without a model", async () => {
    await expect(Embedder.load(undefined as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "model must be a Hub id or a folder; undefined was given.",
    });
  });

  test("an unknown option that is undefined is ignored", async () => {
    const options = { normalise: undefined } as object;
    expect(await testEmbedder().encode("a", options)).toHaveLength(4);
  });

  test("allowUntrainedDim allows an untrained dimension", async () => {
    expect(
      await testEmbedder().encode("a", { truncateDim: 3, allowUntrainedDim: true }),
    ).toHaveLength(3);
  });
});

describe("names before 0.2.0", () => {
  test("the error of Embedder.fromBackend names Embedder.from", () => {
    expect(() => Embedder.fromBackend()).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("Embedder.from({ model, backend, description"),
      }),
    );
  });

  test("encodeDocument of a stream names encodeDocumentStream, and vice versa", async () => {
    const embedder = testEmbedder();
    await expect(embedder.encodeDocument(noTexts() as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("encodeDocumentStream"),
    });
    await expect(embedder.encodeDocumentStream(["a"] as never).next()).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("use encodeDocument."),
    });
  });
});

describe("numbers that are not finite", () => {
  test.for([Number.NaN, Number.POSITIVE_INFINITY])(
    "%d is an error and is not cached",
    async (number) => {
      const run = async ({ rows }: Batch) => ({
        sentenceEmbedding: new Float32Array(rows * 4).fill(number),
      });
      const cache = {
        getMany: async (keys: readonly string[]) => keys.map(() => undefined),
        setMany: vi.fn(),
      };
      const call = testEmbedder(testBackend({ run }), { cache }).encode(["a", "b"]);
      await expect(call).rejects.toMatchObject({
        code: "INFERENCE_FAILED",
        message: expect.stringContaining("overflow"),
      });
      expect(cache.setMany).not.toHaveBeenCalled();
    },
  );
});

describe("a graph that does not fit its description", () => {
  const hidden = async ({ rows, length }: Batch) => ({
    lastHiddenState: new Float32Array(rows * length * 4).fill(1),
  });

  test.for([
    ["missing Dense layers", hidden, { denseLayers: 2 }, "Dense layers after its pooling"],
    [
      "vectors of another length",
      hidden,
      { dimension: 8, matryoshkaDimensions: [8] },
      "vectors of 4 numbers",
    ],
    ["no known output", async () => ({}), {}, "neither the output"],
  ] as const)("%s", async ([, run, overrides, message]) => {
    const embedder = testEmbedder(testBackend({ run }), {}, overrides);
    await expect(embedder.encode("a")).rejects.toMatchObject({
      code: "MODEL_INCOMPLETE",
      message: expect.stringContaining(message),
    });
  });
});

describe("a truncateDim", () => {
  const load = (options: EncodeDefaults, overrides: Partial<ModelDescription>) =>
    testEmbedder(testBackend(), options, overrides).encode("a");

  test("that the model was not trained for can be asked for", async () => {
    expect(await load({ truncateDim: 3, allowUntrainedDim: true }, {})).toHaveLength(3);
  });

  test("is not refused if it is not known what the model was trained for", async () => {
    const unknown = { matryoshkaDimensions: [4], anyDimension: true };
    expect(await load({ truncateDim: 3 }, unknown)).toHaveLength(3);
    expect(() => testEmbedder(testBackend(), { truncateDim: 5 }, unknown)).toThrow(/from 1 to 4/);
  });
});
