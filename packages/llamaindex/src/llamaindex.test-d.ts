import type { Embedder } from "@embeddinggemma/core";
import type { FaissStore as CoreStore } from "@embeddinggemma/faiss";
import type { BaseEmbedding } from "@llamaindex/core/embeddings";
import type { BaseNode, TransformComponent } from "@llamaindex/core/schema";
import {
  type BaseVectorStore,
  VectorStoreQueryMode,
  type VectorStoreQueryResult,
} from "@llamaindex/core/vector-store";
import {
  IngestionPipeline,
  SentenceSplitter,
  Settings,
  storageContextFromDefaults,
  VectorStoreIndex,
} from "llamaindex";
import { describe, expectTypeOf, it } from "vitest";
import { EmbeddingGemmaEmbedding, FaissVectorStore, type NodeRecord } from "./index.ts";

declare const embedder: Embedder;
declare const embedding: EmbeddingGemmaEmbedding;
declare const store: FaissVectorStore;
declare const nodes: BaseNode[];

describe("EmbeddingGemmaEmbedding", () => {
  it("is assignable to LlamaIndex's embedding models and transformations", async () => {
    expectTypeOf(embedding).toExtend<BaseEmbedding>();
    expectTypeOf(embedding).toExtend<TransformComponent>();
    Settings.embedModel = embedding;
    expectTypeOf(await embedding.getQueryEmbedding({ type: "text", text: "" })).toEqualTypeOf<
      number[] | null
    >();
    expectTypeOf(await embedding.getTextEmbedding("")).toEqualTypeOf<number[]>();
    expectTypeOf(await embedding.getTextEmbeddings([""])).toEqualTypeOf<number[][]>();
    expectTypeOf(await embedding.load()).toEqualTypeOf<Embedder>();
    new SentenceSplitter({ tokenizer: await embedding.tokenizer() });
  });

  it("accepts its options and no others", () => {
    new EmbeddingGemmaEmbedding();
    new EmbeddingGemmaEmbedding({ embedder, truncateDim: 256, titleKey: "name" });
    // @ts-expect-error the option of LlamaIndex's own adapter: ours is called `model`
    new EmbeddingGemmaEmbedding({ modelType: "onnx-community/embeddinggemma-300m-ONNX" });
    // @ts-expect-error a prompt is an object with a name or a text
    new EmbeddingGemmaEmbedding({ queryPrompt: "STS" });
  });
});

describe("FaissVectorStore", () => {
  it("is assignable to LlamaIndex's vector stores", async () => {
    expectTypeOf(store).toExtend<BaseVectorStore>();
    await storageContextFromDefaults({ vectorStore: store });
    await VectorStoreIndex.fromVectorStore(store);
    new IngestionPipeline({ transformations: [embedding], vectorStore: store });
    expectTypeOf(store.client()).resolves.toEqualTypeOf<CoreStore<NodeRecord>>();
  });

  it("is created with options of the index, or from a folder", async () => {
    new FaissVectorStore({ embedModel: embedding, searchDimension: 128, index: "HNSW32,Flat" });
    expectTypeOf(
      await FaissVectorStore.fromPersistDir("folder", { engine: "builtin" }),
    ).toEqualTypeOf<FaissVectorStore>();
    // @ts-expect-error an unknown engine
    new FaissVectorStore({ engine: "gpu" });
  });

  it("accepts queries with LlamaIndex's filters and its own parameters", async () => {
    const query = { queryEmbedding: [1], similarityTopK: 2, mode: VectorStoreQueryMode.MMR };
    const customParams = { fetchK: 9, mmrThreshold: 0.3, minScore: 0.2 };
    const filters = { filters: [{ key: "year", operator: ">" as const, value: 1969 }] };
    expectTypeOf(
      await store.query({ ...query, customParams, filters }),
    ).toEqualTypeOf<VectorStoreQueryResult>();
    const unknownOperator = { key: "year", operator: "~" as const, value: 1969 };
    // @ts-expect-error an unknown operator
    await store.query({ ...query, filters: { filters: [unknownOperator] } });
    // @ts-expect-error a parameter of the wrong type
    await store.query({ ...query, customParams: { fetchK: "9" } });
  });

  it("accepts nodes and returns ids", async () => {
    expectTypeOf(await store.add(nodes)).toEqualTypeOf<string[]>();
    // @ts-expect-error the nodes were not awaited
    await store.add(embedding(nodes));
  });
});
