import { AISDKError, APICallError, InvalidArgumentError, NoSuchModelError } from "@ai-sdk/provider";
import { Embedder, type EmbeddingGemmaErrorCode } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { embed, embedMany } from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EmbeddingServer } from "../../core/test-support/embedding-server.ts";
import { createEmbeddingGemma, type EmbeddingGemmaProvider } from "./provider.ts";

let embedder: Embedder;
let provider: EmbeddingGemmaProvider;

beforeAll(async () => {
  embedder = await Embedder.load(modelPath);
  provider = createEmbeddingGemma({ embedder });
});
afterAll(() => embedder.dispose());

async function failureOf(action: () => unknown): Promise<AISDKError> {
  try {
    await action();
  } catch (error) {
    if (AISDKError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("It did not fail.");
}

function expectCause(error: AISDKError, code: EmbeddingGemmaErrorCode): void {
  expect(error.cause).toMatchObject({ name: "EmbeddingGemmaError", code });
}

describe("an invalid setting of the provider", () => {
  it.each([
    [{ modle: "x" }, "modle", "Did you mean `model`?"],
    [{ truncateDim: 100 }, "truncateDim", "Use 768, 512, 256, 128"],
    [{ baseURL: "http://localhost:8080" }, "baseURL", "Did you mean `url`?"],
    [{ queryPrompt: "query" }, "queryPrompt", "queryPrompt must be"],
    [null, "options", "options must be an object"],
  ])("%o is an InvalidArgumentError", async (settings, argument, message) => {
    const error = await failureOf(() => createEmbeddingGemma(settings as never));
    expect(InvalidArgumentError.isInstance(error) && error.argument).toBe(argument);
    expect(error.message).toContain(message);
  });

  it("says how to pass an embedder", async () => {
    const error = await failureOf(() => createEmbeddingGemma(embedder as never));
    expect(error.message).toContain("Pass an embedder as `{ embedder }`.");
    expectCause(error, "INVALID_ARGUMENT");
  });
});

describe("an invalid option of a call", () => {
  it.each([
    [{ taks: "query" }, "taks", "Did you mean `task`?"],
    [{ task: 1 }, "task", "task must be the name of a prompt"],
    [{ task: { promt: "a" } }, "task", '{ prompt: "…" }'],
    [{ task: { prompt: "a", promptName: "STS" } }, "task", '{ prompt: "…" }'],
    [{ title: ["one"] }, "title", "a string, or an array of 2, one for each value"],
    [{ title: [1, 2] }, "title", "a string, or an array with one for each value"],
    [{ truncateDim: 1.5 }, "truncateDim", "a whole number of at least 1"],
    [[], "options", "options must be an object"],
  ])("%o is an InvalidArgumentError", async (embeddingGemma, argument, message) => {
    const values = ["Mars", "Venus"];
    const providerOptions = { embeddingGemma: embeddingGemma as never };
    const error = await failureOf(() =>
      embedMany({ model: provider.document, values, providerOptions }),
    );
    expect(InvalidArgumentError.isInstance(error) && error.argument).toBe(argument);
    expect(error.message).toContain(message);
    expectCause(error, "INVALID_ARGUMENT");
  });

  it("names the prompts of the model", async () => {
    const providerOptions = { embeddingGemma: { task: "qery" } };
    const model = provider.query;
    const error = await failureOf(() => embed({ model, value: "Mars", providerOptions }));
    expect(InvalidArgumentError.isInstance(error) && error.argument).toBe("task");
    expect(error.message).toMatch(/qery.*query.*pass `task: \{ prompt \}`\.$/s);
    expectCause(error, "UNKNOWN_PROMPT");
  });

  it("names the dimensions of the model", async () => {
    const model = provider.query;
    const error = await failureOf(() => embed({ model, value: "Mars", dimensions: 100 }));
    expect(InvalidArgumentError.isInstance(error) && error.argument).toBe("truncateDim");
    expect(error.message).toContain("or set allowUntrainedDim in createEmbeddingGemma");
    expectCause(error, "UNTRAINED_DIMENSION");
  });

  it("names a text that is too long", async () => {
    const short = createEmbeddingGemma({ model: modelPath, maxTokens: 8, truncation: "error" });
    const value = "Mars is red. ".repeat(20);
    const error = await failureOf(() => embed({ model: short.document, value }));
    await short.dispose();
    expect(InvalidArgumentError.isInstance(error) && error.argument).toBe("values");
    expectCause(error, "INPUT_TOO_LONG");
  });

  it("names a value that is no text", async () => {
    const value = 5 as unknown as string;
    for (const model of [provider.query, provider.document]) {
      const error = await failureOf(() => embed({ model, value }));
      expect(error.message).toBe("values[0] must be a string; 5 was given.");
      expectCause(error, "INVALID_ARGUMENT");
    }
  });
});

it("names the option that a folder has not", async () => {
  const { query } = createEmbeddingGemma({ model: modelPath, revision: "v2" });
  const error = await failureOf(() => embed({ model: query, value: "Mars" }));
  expect(InvalidArgumentError.isInstance(error) && error.argument).toBe("revision");
});

describe("a missing model", () => {
  it("is a NoSuchModelError", async () => {
    const missing = createEmbeddingGemma({ model: "./no/such/model" });
    const error = await failureOf(() => embed({ model: missing.query, value: "Mars" }));
    expect(NoSuchModelError.isInstance(error) && error.modelId).toBe("./no/such/model:query");
    expectCause(error, "MODEL_NOT_FOUND");
    expectCause(await failureOf(() => missing.identity()), "MODEL_NOT_FOUND");
  });

  it.each(["qery", "documents", "Query", "org/model:Query"])(
    "is seen in the name %s",
    async (name) => {
      const error = await failureOf(() => provider.embeddingModel(name));
      expect(NoSuchModelError.isInstance(error) && error.modelId).toBe(name);
      expect(error.message).toMatch(/Did you mean "(query|document)"\?$/);
    },
  );

  it.each([
    ["embedder", () => ({ embedder })],
    ["url", () => ({ url: "http://localhost:1" })],
    ["prompts", () => ({ prompts: { query: "query: ", document: "passage: " } })],
    ["queryPrompt", () => ({ model: "org/e5", queryPrompt: { prompt: "query: " } })],
    ["revision", () => ({ revision: "v2" })],
  ])("is any other, with the setting %s", async (setting, settings) => {
    const { embeddingModel, query } = createEmbeddingGemma(settings());
    const error = await failureOf(() => embeddingModel("org/other"));
    expect(NoSuchModelError.isInstance(error)).toBe(true);
    expect(error.message).toContain(`The setting \`${setting}\` is about one model`);
    expect(embeddingModel(query.modelId)).toMatchObject({ modelId: query.modelId });
  });

  it.each(["org/query", "./query", "my/documents"])("is not seen in the name %s", (name) => {
    expect(createEmbeddingGemma().embeddingModel(name).modelId).toBe(`${name}:document`);
  });

  it("is one that generates", async () => {
    for (const kind of ["languageModel", "imageModel"] as const)
      expect(NoSuchModelError.isInstance(await failureOf(() => provider[kind]("x")))).toBe(true);
  });
});

it("says what a server answered, after core's own retries", async () => {
  const { prompts, dimension } = embedder;
  await using server = await EmbeddingServer.start(embedder);
  const served = { prompts, dimension, maxRetries: 1 };
  const remote = createEmbeddingGemma({ url: server.url, ...served });
  await embed({ model: remote.query, value: "Mars" });
  const before = server.requests.length;
  server.misbehave = (_request, response) => Boolean(response.writeHead(500).end());
  const error = await failureOf(() => embed({ model: remote.query, value: "Venus" }));
  expect(APICallError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ statusCode: 500, isRetryable: false });
  expect((error as APICallError).url).toContain(String(server.url));
  expectCause(error, "SERVER_FAILED");
  expect(server.requests.length - before).toBe(2);
  await remote.dispose();
});

it("says that the embedder was disposed", async () => {
  const disposed = await Embedder.load(modelPath);
  await disposed.dispose();
  const { query } = createEmbeddingGemma({ embedder: disposed });
  const error = await failureOf(() => embed({ model: query, value: "Mars" }));
  expect(error.name).toBe("AI_EmbeddingGemmaError");
  expectCause(error, "DISPOSED");
});
