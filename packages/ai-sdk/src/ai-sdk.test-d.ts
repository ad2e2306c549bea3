import type { EmbeddingModelV4, ProviderV4 } from "@ai-sdk/provider";
import type { Embedder } from "@embeddinggemma/core";
import { createProviderRegistry, type EmbeddingModel, embed } from "ai";
import { describe, expectTypeOf, it } from "vitest";
import {
  createEmbeddingGemma,
  type EmbeddingGemmaProvider,
  type EmbeddingGemmaProviderOptions,
} from "./index.ts";

declare const embedder: Embedder;
declare const provider: EmbeddingGemmaProvider;

describe("the provider", () => {
  it("is one of the SDK, and so are its models", async () => {
    expectTypeOf(provider).toExtend<ProviderV4>();
    expectTypeOf(provider.query).toExtend<EmbeddingModel>();
    expectTypeOf(provider.textEmbeddingModel()).toEqualTypeOf<EmbeddingModelV4>();
    createProviderRegistry({ gemma: provider }).embeddingModel("gemma:query");
  });

  it("takes its settings and no others", () => {
    createEmbeddingGemma({ embedder, truncateDim: 256, queryPrompt: { promptName: "STS" } });
    createEmbeddingGemma({ url: "http://localhost:8080", apiKey: "key" });
    // @ts-expect-error Not a setting.
    createEmbeddingGemma({ modle: "x" });
  });

  it("takes its options where the SDK takes them", () => {
    const embeddingGemma: EmbeddingGemmaProviderOptions = { task: { prompt: "" }, title: ["Mars"] };
    embed({ model: provider.document, value: "", providerOptions: { embeddingGemma } });
    // @ts-expect-error Not an option.
    const misspelt: EmbeddingGemmaProviderOptions = { taks: "query" };
    expectTypeOf(misspelt).toExtend<object>();
  });
});
