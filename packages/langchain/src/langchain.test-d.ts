import type { Embedder } from "@embeddinggemma/core";
import type { FaissStore as CoreStore } from "@embeddinggemma/faiss";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import type { Embeddings, EmbeddingsInterface } from "@langchain/core/embeddings";
import type {
  SaveableVectorStore,
  VectorStoreInterface,
  VectorStoreRetriever,
} from "@langchain/core/vectorstores";
import { describe, expectTypeOf, it } from "vitest";
import {
  type DocumentFilter,
  type DocumentRecord,
  EmbeddingGemmaEmbeddings,
  FaissStore,
} from "./index.ts";

declare const embedder: Embedder;
declare const embeddings: EmbeddingGemmaEmbeddings;
declare const store: FaissStore;
declare const documents: DocumentInterface[];

describe("EmbeddingGemmaEmbeddings", () => {
  it("is assignable to LangChain's embeddings", async () => {
    expectTypeOf(embeddings).toExtend<Embeddings>();
    expectTypeOf(embeddings).toExtend<EmbeddingsInterface>();
    expectTypeOf(await embeddings.embedQuery("")).toEqualTypeOf<number[]>();
    expectTypeOf(await embeddings.embedDocuments([""])).toEqualTypeOf<number[][]>();
    expectTypeOf(embeddings.countTokens).toEqualTypeOf<(text: string) => Promise<number>>();
    expectTypeOf(await embeddings.load()).toEqualTypeOf<Embedder>();
  });

  it("accepts its options and no others", () => {
    new EmbeddingGemmaEmbeddings();
    new EmbeddingGemmaEmbeddings({ embedder, truncateDim: 256, maxRetries: 2 });
    new EmbeddingGemmaEmbeddings({
      dtype: "q4",
      queryPrompt: { promptName: "STS" },
      documentPrompt: { prompt: "" },
    });
    // @ts-expect-error the option of other adapters: ours is called `model`
    new EmbeddingGemmaEmbeddings({ modelName: "onnx-community/embeddinggemma-300m-ONNX" });
    // @ts-expect-error an unknown dtype
    new EmbeddingGemmaEmbeddings({ dtype: "q7" });
    // @ts-expect-error a prompt is an object with a name or a text
    new EmbeddingGemmaEmbeddings({ queryPrompt: "STS" });
  });
});

describe("FaissStore", () => {
  it("is assignable to LangChain's vector stores", () => {
    expectTypeOf(store).toExtend<SaveableVectorStore>();
    expectTypeOf(store).toExtend<VectorStoreInterface>();
    expectTypeOf(store.FilterType).toEqualTypeOf<DocumentFilter>();
    expectTypeOf(store.asRetriever(3)).toEqualTypeOf<VectorStoreRetriever<FaissStore>>();
    store.asRetriever({
      searchType: "mmr",
      k: 3,
      searchKwargs: { fetchK: 9, lambda: 0.3 },
      filter: { lang: "en" },
    });
  });

  it("takes the callbacks of LangChain's own signatures", () => {
    store.similaritySearch("", 1, undefined, undefined);
    store.maxMarginalRelevanceSearch("", { k: 1 }, undefined);
  });

  it("is created like LangChain's own stores", async () => {
    expectTypeOf(await FaissStore.fromDocuments(documents, embeddings)).toEqualTypeOf<FaissStore>();
    expectTypeOf(
      await FaissStore.fromTexts(["a"], [{}], embeddings, { preset: "small" }),
    ).toEqualTypeOf<FaissStore>();
    expectTypeOf(
      await FaissStore.load("folder", embeddings, { engine: "builtin" }),
    ).toEqualTypeOf<FaissStore>();
    expectTypeOf(await FaissStore.loadFromPython("folder", embeddings)).toEqualTypeOf<FaissStore>();
    expectTypeOf(
      await FaissStore.loadFromCommunity("folder", embeddings),
    ).toEqualTypeOf<FaissStore>();
    await FaissStore.fromTexts(["a"], [], embeddings, { ids: ["a"], allowMismatch: true });
    await FaissStore.loadFromPython("folder", embeddings, { reembed: true, indexName: "main" });
    await FaissStore.loadFromPython("folder", embeddings, {
      toRecord: ({ pageContent, metadata }, id) => ({ pageContent, metadata: { ...metadata, id } }),
    });
    await FaissStore.loadFromCommunity("folder", embeddings, { toRecord: () => documents[0]! });
    // @ts-expect-error a new store is saved by save()
    await FaissStore.fromTexts(["a"], [], embeddings, { saveTo: "folder" });
    // @ts-expect-error a text is no document
    await FaissStore.loadFromPython("folder", embeddings, { toRecord: () => "Mars is red." });
    // @ts-expect-error the embeddings are those of the call
    await FaissStore.loadFromPython("folder", embeddings, { embedding: embeddings });
    expectTypeOf(store.client()).resolves.toEqualTypeOf<CoreStore<DocumentRecord>>();
    // @ts-expect-error an unknown engine
    await FaissStore.fromDocuments(documents, embeddings, { engine: "gpu" });
    // @ts-expect-error the documents were not awaited
    await FaissStore.fromDocuments(Promise.resolve(documents), embeddings);
    // @ts-expect-error the store is missing
    await FaissStore.fromExistingIndex(embeddings, {});
  });

  it("finds documents with scores, and accepts both kinds of filter", async () => {
    expectTypeOf(await store.similaritySearch("a")).toEqualTypeOf<DocumentInterface[]>();
    expectTypeOf(await store.similaritySearchVectorWithScore([1], 1)).toEqualTypeOf<
      [Document, number][]
    >();
    expectTypeOf(await store.maxMarginalRelevanceSearch("a", { k: 2 })).toEqualTypeOf<Document[]>();
    await store.similaritySearch("a", 3, { lang: "en", year: 1969, draft: false, author: null });
    await store.similaritySearch("a", 3, ({ id, metadata }) => id !== "x" && metadata.year > 1969);
    await store.similaritySearch("a", 3, { year: { $gt: 1969 }, lang: ["en", "de"] });
    await store.similaritySearch("a", 3, {
      $or: [{ lang: { $in: ["en", null] } }, { $not: { "author.name": "Sagan" } }],
    });
    // @ts-expect-error an unknown operator
    await store.similaritySearch("a", 3, { year: { $near: 1969 } });
    // @ts-expect-error a list of filters is needed
    await store.similaritySearch("a", 3, { $and: { lang: "en" } });
  });

  it("accepts and returns ids", async () => {
    expectTypeOf(await store.addDocuments(documents, { ids: ["a"] })).toEqualTypeOf<string[]>();
    await store.delete({ ids: ["a"] });
    await store.delete({ filter: { lang: "en" } });
    await store.addDocuments(documents, { saveTo: "folder", overwrite: false, lockTimeout: 100 });
    await store.addVectors([[1]], documents, { saveTo: new URL("file:///folder") });
    await store.delete({ ids: ["a"], saveTo: "folder", overwrite: false });
    // @ts-expect-error a path, not a flag
    await store.addDocuments(documents, { saveTo: true });
    // @ts-expect-error ids must be passed in an object
    await store.delete(["a"]);
  });
});
