import type { ClassicLevel } from "classic-level";
import type { MemoryLevel } from "memory-level";
import { describe, expectTypeOf, test } from "vitest";
import {
  type Backend,
  Embedder,
  type EmbedderParts,
  EmbeddingGemmaError,
  type EmbeddingGemmaErrorCode,
  type EncodeDefaults,
  type EncodeOptions,
  LazyEmbedder,
  type LevelDatabase,
  type LevelVectorCache,
  type LoadOptions,
  type MemoryVectorCache,
  type ModelDescription,
  type PromptOptions,
  quantizeEmbeddings,
  type SelfCheckReport,
  similarity,
  type Truncation,
  type VectorCache,
} from "./index.ts";

declare const embedder: Embedder;
declare const documents: AsyncIterable<string | { title?: string; text: string }>;

describe("Embedder", () => {
  test("gives one vector for one text, an array for an array, batches for a stream", () => {
    expectTypeOf(embedder.encode("text")).resolves.toEqualTypeOf<Float32Array>();
    expectTypeOf(embedder.encode(["text"] as const)).resolves.toEqualTypeOf<Float32Array[]>();
    expectTypeOf(embedder.encodeQuery("text")).resolves.toEqualTypeOf<Float32Array>();
    expectTypeOf(embedder.encodeQuery(["text"])).resolves.toEqualTypeOf<Float32Array[]>();
    expectTypeOf(embedder.encodeDocument("text")).resolves.toEqualTypeOf<Float32Array>();
    expectTypeOf(
      embedder.encodeDocument({ title: "Mars", text: "text" }),
    ).resolves.toEqualTypeOf<Float32Array>();
    expectTypeOf(embedder.encodeDocument(["a", { text: "b" }])).resolves.toEqualTypeOf<
      Float32Array[]
    >();
    expectTypeOf(embedder.encodeDocumentStream(documents)).toEqualTypeOf<
      AsyncGenerator<Float32Array[], void, undefined>
    >();
  });

  test("says whether vectors depend on their batch, and embeds one text a batch on request", () => {
    expectTypeOf(embedder.batchInvariant).toEqualTypeOf<boolean>();
    expectTypeOf<LoadOptions>().toHaveProperty("batchSize");
    expectTypeOf<EncodeOptions>().toHaveProperty("batchSize");
    expectTypeOf<Backend["batchInvariant"]>().toEqualTypeOf<boolean | undefined>();
  });

  test("takes texts and nothing else", () => {
    // @ts-expect-error a number is no text
    void embedder.encode(1);
    // @ts-expect-error queries have no titles
    void embedder.encodeQuery({ title: "Mars", text: "text" });
    // @ts-expect-error a document has a text
    void embedder.encodeDocument({ title: "Mars" });
    // @ts-expect-error a stream has a method of its own
    void embedder.encodeDocument(documents);
    // @ts-expect-error a misspelt option
    void embedder.encode("text", { truncateDims: 256 });
    // @ts-expect-error made by Embedder.load
    new Embedder("model");
  });

  test("loads with the options of the model and of its calls", () => {
    expectTypeOf(Embedder.load).parameters.toEqualTypeOf<
      [model: string | URL, options?: LoadOptions | undefined]
    >();
    expectTypeOf(Embedder.load("model")).resolves.toEqualTypeOf<Embedder>();
    expectTypeOf<LoadOptions["dtype"]>().extract<"q8" | "fp32">().toEqualTypeOf<"q8" | "fp32">();
    expectTypeOf<NonNullable<LoadOptions["onTruncate"]>>().parameter(0).toEqualTypeOf<Truncation>();
    // @ts-expect-error no such dtype
    void Embedder.load("model", { dtype: "q3" });
  });

  test("describes the model", () => {
    expectTypeOf(embedder.prompts).toEqualTypeOf<Readonly<Record<string, string>>>();
    expectTypeOf(embedder.dimension).toEqualTypeOf<number>();
    expectTypeOf(embedder.identity).toEqualTypeOf<string>();
    expectTypeOf(embedder.countTokens("text")).resolves.toEqualTypeOf<number>();
    expectTypeOf(embedder.tokenizer.encode("text")).toEqualTypeOf<number[]>();
    expectTypeOf(embedder.tokenizer.decode([1])).toEqualTypeOf<string>();
    expectTypeOf(embedder.selfCheck()).resolves.toEqualTypeOf<SelfCheckReport | null>();
    // @ts-expect-error read-only
    embedder.prompts.query = "";
  });

  test("is disposable, and can be made over any backend", () => {
    expectTypeOf(embedder).toExtend<AsyncDisposable>();
    expectTypeOf(Embedder.from).parameter(0).toEqualTypeOf<EmbedderParts>();
    expectTypeOf<EmbedderParts["backend"]>().toEqualTypeOf<Backend>();
    expectTypeOf<EmbedderParts["description"]>().toEqualTypeOf<ModelDescription>();
    expectTypeOf(Embedder.from).returns.toEqualTypeOf<Embedder>();
    // @ts-expect-error the name before 0.2.0
    Embedder.fromBackend("model", {} as Backend, {} as ModelDescription);
  });
});

test("encode takes EncodeOptions, prompt included, and every option may be undefined", () => {
  expectTypeOf<Parameters<Embedder["encode"]>[1]>().toEqualTypeOf<EncodeOptions | undefined>();
  expectTypeOf<EncodeOptions>().toExtend<PromptOptions>();
  const nothing: { [Name in keyof EncodeOptions]-?: undefined } = {} as never;
  void embedder.encode("text", nothing);
  const noDefaults: { [Name in keyof EncodeDefaults]-?: undefined } = {} as never;
  void embedder.identityOf(noDefaults);
});

test("a lazy embedder takes load options or a ready embedder", () => {
  new LazyEmbedder({ model: "model", dtype: "q8" });
  new LazyEmbedder({ embedder });
  expectTypeOf(new LazyEmbedder({ embedder }).identity()).resolves.toEqualTypeOf<string>();
});

test("caches are vector caches", () => {
  expectTypeOf<MemoryVectorCache>().toExtend<VectorCache>();
  expectTypeOf<LevelVectorCache>().toExtend<VectorCache>();
  expectTypeOf<ClassicLevel>().toExtend<LevelDatabase>();
  expectTypeOf<ClassicLevel<string, Uint8Array>>().toExtend<LevelDatabase>();
  expectTypeOf<MemoryLevel<number, object>>().toExtend<LevelDatabase>();
});

test("similarity compares vectors of plain and typed numbers", () => {
  expectTypeOf(similarity(new Float32Array(2), [[1, 0]])).toEqualTypeOf<number[][]>();
  expectTypeOf(embedder.similarity([1, 0], [new Float32Array(2)])).toEqualTypeOf<number[][]>();
  // @ts-expect-error no such function
  similarity([1], [1], "hamming");
});

test("quantized vectors have the array of their precision", () => {
  const vectors = [new Float32Array(8)];
  expectTypeOf(quantizeEmbeddings(vectors, "float32")).toEqualTypeOf<Float32Array[]>();
  expectTypeOf(quantizeEmbeddings(vectors, "int8")).toEqualTypeOf<Int8Array[]>();
  expectTypeOf(quantizeEmbeddings(vectors, "uint8")).toEqualTypeOf<Uint8Array[]>();
  expectTypeOf(quantizeEmbeddings(vectors, "binary")).toEqualTypeOf<Int8Array[]>();
  expectTypeOf(quantizeEmbeddings(vectors, "ubinary")).toEqualTypeOf<Uint8Array[]>();
});

test("an error tells its code", () => {
  const error: unknown = null;
  if (EmbeddingGemmaError.isInstance(error)) {
    expectTypeOf(error.code).toEqualTypeOf<EmbeddingGemmaErrorCode>();
    expectTypeOf(error).toExtend<Error>();
  }
});
