import { Embedder } from "@embeddinggemma/core";
import { modelPath as model } from "@embeddinggemma/tiny-model";
import {
  cosineSimilarity,
  createProviderRegistry,
  customProvider,
  defaultEmbeddingSettingsMiddleware,
  type EmbeddingModelMiddleware,
  embed,
  embedMany,
  wrapEmbeddingModel,
} from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EmbeddingServer } from "../../core/test-support/embedding-server.ts";
import type { EmbeddingGemmaProviderOptions } from "./call-options.ts";
import { createEmbeddingGemma, type EmbeddingGemmaProvider } from "./provider.ts";

let embedder: Embedder;
let provider: EmbeddingGemmaProvider;

beforeAll(async () => {
  embedder = await Embedder.load(model);
  provider = createEmbeddingGemma({ embedder });
});
afterAll(() => embedder.dispose());

function plain(vectors: readonly Float32Array[]): number[][] {
  return vectors.map((vector) => Array.from(vector));
}

function documentTokens(text: string): Promise<number> {
  return embedder.countTokens(text, { promptName: "document" });
}

/** Embeds two values with options of the provider. */
async function embedTwo(
  options: EmbeddingGemmaProviderOptions,
  side: "query" | "document" = "document",
) {
  const values = ["Mars is red.", "Venus is hot."];
  const providerOptions = { embeddingGemma: options };
  return embedMany({ model: provider[side], values, providerOptions });
}

describe("embed and embedMany", () => {
  it("give queries the query prompt, and documents the document prompt", async () => {
    const value = "Which planet is red?";
    const query = await embed({ model: provider.query, value });
    expect(query.embedding).toEqual(Array.from(await embedder.encodeQuery(value)));
    const values = ["Mars is red.", "Venus is hot."];
    const { embeddings } = await embedMany({ model: provider.document, values });
    expect(embeddings).toEqual(plain(await embedder.encodeDocument(values)));
    const [mars, venus] = embeddings.map((one) => cosineSimilarity(one, query.embedding));
    expect(mars).toBeGreaterThan(venus!);
    expect(await embedMany({ model: provider.query, values })).toMatchObject({
      embeddings: plain(await embedder.encodeQuery(values)),
    });
  });

  it("embed 1,000 texts in one call", async () => {
    const values = Array.from({ length: 1000 }, (_, n) => `Moon ${n % 250} of planet ${n % 40}`);
    const { embeddings, usage } = await embedMany({ model: provider.document, values });
    expect(embeddings).toHaveLength(1000);
    const some = [0, 1, 499, 500, 998, 999];
    const expected = await embedder.encodeDocument(some.map((place) => values[place]!));
    for (const [n, place] of some.entries())
      expect(cosineSimilarity(embeddings[place]!, [...expected[n]!])).toBeCloseTo(1, 5);
    const counts = await Promise.all(values.map(documentTokens));
    expect(usage.tokens).toBe(counts.reduce((sum, count) => sum + count));
  });

  it("count the tokens that the model gets", async () => {
    const { usage } = await embed({ model: provider.query, value: "Mars" });
    expect(usage.tokens).toBe(await embedder.countTokens("Mars", { promptName: "query" }));
  });

  it("warn of a text that is cut, and call onTruncate", async () => {
    const cut: unknown[] = [];
    const onTruncate = (truncation: unknown) => cut.push(truncation);
    const short = createEmbeddingGemma({ model, maxTokens: 16, onTruncate });
    const values = ["Mars", "Mars is red. ".repeat(20)];
    const { warnings, usage } = await embedMany({ model: short.document, values });
    await short.dispose();
    const tokens = await documentTokens(values[1]!);
    const message = `Value 1 has ${tokens} tokens, of which only 16 are embedded. Split it.`;
    expect(warnings).toEqual([{ type: "other", message }]);
    expect(cut).toEqual([{ index: 1, tokens, maxTokens: 16 }]);
    expect(usage.tokens).toBeLessThanOrEqual(32);
  });

  it("stop at an abort, with its reason", async () => {
    const reason = new Error("The user has left.");
    const model = provider.document;
    const abortSignal = AbortSignal.abort(reason);
    await expect(embed({ model, value: "Mars", abortSignal })).rejects.toBe(reason);
    const controller = new AbortController();
    const values = Array.from({ length: 2000 }, (_, n) => `Text ${n}`);
    const running = embedMany({ model, values, abortSignal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(running).rejects.toBe(reason);
  });
});

describe("the options of a call", () => {
  it("dimensions, of the SDK, truncates, unless truncateDim is given", async () => {
    const value = "Mars";
    const { embedding } = await embed({ model: provider.query, value, dimensions: 128 });
    expect(embedding).toEqual(Array.from(await embedder.encodeQuery(value, { truncateDim: 128 })));
    const providerOptions = { embeddingGemma: { truncateDim: 256 } };
    const options = { model: provider.query, value, dimensions: 128, providerOptions };
    expect((await embed(options)).embedding).toHaveLength(256);
  });

  it("title goes into the document prompt, one for all or one for each", async () => {
    const texts = ["Mars is red.", "Venus is hot."];
    const titled = (titles: string[]) =>
      embedder.encodeDocument(texts.map((text, at) => ({ text, title: titles[at]! })));
    expect((await embedTwo({ title: "Planets" })).embeddings).toEqual(
      plain(await titled(["Planets", "Planets"])),
    );
    expect((await embedTwo({ title: ["Mars", "Venus"] })).embeddings).toEqual(
      plain(await titled(["Mars", "Venus"])),
    );
    const { warnings } = await embedTwo({ title: "Planets" }, "query");
    expect(warnings).toEqual([
      { type: "unsupported", feature: "title", details: "Queries have none." },
    ]);
  });

  it("task is a side, a prompt's name or a prompt", async () => {
    const texts = ["Mars is red.", "Venus is hot."];
    expect((await embedTwo({ task: "query" })).embeddings).toEqual(
      plain(await embedder.encodeQuery(texts)),
    );
    expect((await embedTwo({ task: "document" }, "query")).embeddings).toEqual(
      plain(await embedder.encodeDocument(texts)),
    );
    expect((await embedTwo({ task: "STS" })).embeddings).toEqual(
      plain(await embedder.encode(texts, { promptName: "STS" })),
    );
    expect((await embedTwo({ task: { prompt: "planet: " } })).embeddings).toEqual(
      plain(await embedder.encode(texts, { prompt: "planet: " })),
    );
  });
});

describe("models", () => {
  it("come from a registry, by the name of a side", async () => {
    const registry = createProviderRegistry({ gemma: provider });
    const { embedding } = await embed({
      model: registry.embeddingModel("gemma:query"),
      value: "a",
    });
    expect(embedding).toEqual(Array.from(await embedder.encodeQuery("a")));
    const own = customProvider({ embeddingModels: { notes: provider.document } });
    const documents = await embed({ model: own.embeddingModel("notes"), value: "a" });
    expect([documents.embedding]).toEqual(plain(await embedder.encodeDocument(["a"])));
  });

  it("can be other ones, which are loaded once", async () => {
    const other = createEmbeddingGemma({ model: "./no/such/model", truncateDim: 128 });
    const first = other.textEmbeddingModel(`${model}:query`);
    expect(first.modelId).toBe(`${model}:query`);
    expect((await embed({ model: first, value: "Mars" })).embedding).toHaveLength(128);
    const documents = await embed({ model: other.embeddingModel(model), value: "Mars" });
    expect([documents.embedding]).toEqual(
      plain(await embedder.encodeDocument(["Mars"], { truncateDim: 128 })),
    );
    const identity = embedder.identityOf({ truncateDim: 128 });
    expect(await other.identity(`${model}:query`)).toBe(identity);
    await other.dispose();
  });

  it("have the identity of their documents", async () => {
    const short = createEmbeddingGemma({ embedder, truncateDim: 128 });
    expect(await short.identity()).toBe(embedder.identityOf({ truncateDim: 128 }));
  });

  it("can be wrapped in middleware", async () => {
    const seen: string[][] = [];
    const watching: EmbeddingModelMiddleware = {
      specificationVersion: "v4",
      wrapEmbed: async ({ doEmbed, params }) => {
        seen.push(params.values);
        return await doEmbed();
      },
    };
    const settings = { providerOptions: { embeddingGemma: { truncateDim: 256 } } };
    const middleware = [watching, defaultEmbeddingSettingsMiddleware({ settings })];
    const wrapped = wrapEmbeddingModel({ model: provider.query, middleware });
    expect((await embed({ model: wrapped, value: "Mars" })).embedding).toHaveLength(256);
    expect(seen).toEqual([["Mars"]]);
  });

  it("can run on a server", async () => {
    const { prompts, dimension } = embedder;
    await using server = await EmbeddingServer.start(embedder);
    const remote = createEmbeddingGemma({ url: server.url, prompts, dimension });
    const { embedding, usage } = await embed({ model: remote.query, value: "Mars" });
    expect(embedding).toEqual(Array.from(await embedder.encodeQuery("Mars")));
    expect(usage.tokens).toBe(await embedder.countTokens("Mars", { promptName: "query" }));
    await remote.dispose();
  });
});
