import { getEventListeners } from "node:events";
import { Embedder } from "@embeddinggemma/core";
import { FaissStore as CoreStore } from "@embeddinggemma/faiss";
import type { MetadataFilter } from "@embeddinggemma/internal/filters";
import { warningsOf } from "@embeddinggemma/internal/testing";
import { modelPath as model } from "@embeddinggemma/tiny-model";
import { Document } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { RunnableLambda } from "@langchain/core/runnables";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { EmbeddingGemmaEmbeddings } from "./embeddings.ts";
import { FaissStore } from "./faiss-store.ts";
import { planets, question } from "./testing/planets.ts";

/** Embeddings that return given vectors. */
class GivenEmbeddings implements EmbeddingsInterface {
  query: unknown = [1, 0];
  documents: unknown;
  embedded = 0;

  async embedQuery() {
    this.embedded++;
    return this.query as number[];
  }

  async embedDocuments(texts: string[]) {
    this.embedded++;
    return (this.documents ?? texts.map((_, row) => [1, row])) as number[][];
  }
}

const documentsOf = (count: number) =>
  Array.from(
    { length: count },
    (_, row) => new Document({ id: `${row}`, pageContent: `${row}`, metadata: { row } }),
  );

describe("FaissStore: searches", () => {
  let embeddings: GivenEmbeddings;
  let store: FaissStore;

  beforeEach(async () => {
    embeddings = new GivenEmbeddings();
    store = await FaissStore.fromDocuments(documentsOf(4), embeddings);
    embeddings.embedded = 0;
  });

  const idsOf = (found: Document[]) => found.map(({ id }) => id);

  it("finds only documents with the least score", async () => {
    const options = { minScore: 0.5 }; // The cosines are 1, 0.71, 0.45 and 0.32.
    expect(idsOf(await store.similaritySearch("x", 4, undefined, options))).toEqual(["0", "1"]);
    const scored = await store.similaritySearchWithScore("x", 4, { row: { $gt: 0 } }, options);
    expect(scored).toEqual([[documentsOf(4)[1], expect.closeTo(Math.SQRT1_2)]]);
    expect(
      await store.similaritySearchVectorWithScore([0, 1], 4, undefined, { minScore: 0.9 }),
    ).toHaveLength(1);
    const diverse = await store.maxMarginalRelevanceSearch("x", { k: 4, ...options });
    expect(idsOf(diverse)).toEqual(["0", "1"]);
  });

  it("warns once of a filter that finds nothing since no document has its key", async () => {
    const warnings = await warningsOf(async () => {
      for (let run = 0; run < 2; run++)
        expect(await store.similaritySearch("x", 4, { $or: [{ row: 9 }, { raw: 1 }] })).toEqual([]);
      await store.maxMarginalRelevanceSearch("x", { k: 1, filter: { column: { $gte: 1 } } });
      await store.similaritySearch("x", 4, { row: 9 });
      await store.similaritySearch("x", 4, { raw: null });
      await store.similaritySearch("x", 4, { other: null, row: 3 }, { minScore: 1 });
    });
    expect(warnings).toMatchObject(
      [
        "no document has the metadata key `raw`. Did you mean `row`?",
        "no document has the metadata key `column`. The only key is `row`.",
      ].map((end) => ({
        code: "EMBEDDINGGEMMA_UNKNOWN_KEY",
        message: `The filter found nothing: ${end}`,
      })),
    );
  });

  it("warns once of a filter that finds nothing since no document has such a type", async () => {
    const warnings = await warningsOf(async () => {
      for (let run = 0; run < 2; run++)
        expect(await store.similaritySearch("x", 4, { row: { $gte: "0" } })).toEqual([]);
      await store.maxMarginalRelevanceSearch("x", { k: 1, filter: { row: ["1"] } });
      await store.similaritySearch("x", 4, { row: 9 });
      await store.similaritySearch("x", 4, { $or: [{ row: "1" }, { row: 9 }] });
      await store.addVectors(
        [[1, 1]],
        [new Document({ pageContent: "x", metadata: { tags: ["a"] } })],
      );
      await store.similaritySearch("x", 4, { tags: "a" });
      await store.similaritySearch("x", 4, { row: { $contains: 1 } });
    });
    expect(warnings).toMatchObject(
      [
        "a string under `row`, but the documents have numbers there. Pass a number.",
        "a string under `tags`, but the documents have lists there. For a value in a list, use " +
          '$contains, such as { tags: { $contains: "red" } }.',
      ].map((end) => ({
        code: "EMBEDDINGGEMMA_FILTER_TYPE",
        message: `The filter found nothing: it looks for ${end}`,
      })),
    );
  });

  it("warns once of a negation that leaves out nothing, because of the types", async () => {
    await store.addVectors(
      [[1, 1]],
      [new Document({ pageContent: "x", metadata: { tags: ["a"], lang: "en", at: { row: 1 } } })],
    );
    const search = (filter: MetadataFilter) => store.similaritySearch("x", 9, filter);
    const quiet = await warningsOf(async () => {
      await search({ $not: { tags: { $contains: "a" } } });
      await search({ $not: { $or: [{ tags: "a" }, { tags: { $contains: "a" } }] } });
      await search({ row: { $nin: [9, "9"] }, lang: { $ne: "de" }, tags: { $ne: null } });
      await search({ none: { $ne: "x" } });
      await search({ $not: { tags: { $ne: "a" } } });
      await search({ lang: "fr", tags: { $ne: "a" } });
      // Not in the sample that a search asks, but somewhere.
      await store.addVectors(
        [[1, 50]],
        [new Document({ pageContent: "y", metadata: { row: "far" } })],
      );
      await store.similaritySearch("x", 1, { row: { $ne: "far" } });
      await (await store.client()).delete(({ pageContent }) => pageContent === "y");
    });
    expect(quiet).toEqual([]);
    const warnings = await warningsOf(async () => {
      for (let run = 0; run < 2; run++) await search({ tags: { $nin: ["a"] } });
      await search({ $not: { "at.row": "1" } });
      for (let run = 0; run < 2; run++) await search({ $not: { langue: { $in: ["en"] } } });
      await store.addVectors(
        [[1, 2]],
        [new Document({ pageContent: "z", metadata: { topic: "b" } })],
      );
      await store.addVectors(
        [[1, 3]],
        [new Document({ pageContent: "z", metadata: { topic: ["a"] } })],
      );
      await search({ topic: { $ne: "b" } });
    });
    const negates = "The filter leaves out nothing where it should: it negates a string under ";
    expect(warnings.map(({ code, message }) => [code, message])).toEqual([
      [
        "EMBEDDINGGEMMA_FILTER_TYPE",
        `${negates}\`tags\`, but documents have lists there. For a value in a list, write ` +
          '{ $not: { "tags": { $contains: … } } }.',
      ],
      [
        "EMBEDDINGGEMMA_FILTER_TYPE",
        `${negates}\`at.row\`, but no document has one there. Convert the value to the type of ` +
          "the metadata.",
      ],
      [
        "EMBEDDINGGEMMA_UNKNOWN_KEY",
        "The filter leaves out nothing where it should: no document has the metadata key " +
          "`langue`. Did you mean `lang`?",
      ],
      [
        "EMBEDDINGGEMMA_FILTER_TYPE",
        "The filter does not look into lists: it negates a string under `topic`, but some " +
          'documents have lists there. For both, write { $and: [{ "topic": { $ne: … } }, ' +
          '{ $not: { "topic": { $contains: … } } }] }.',
      ],
    ]);
  });

  it("takes callbacks in place of options, as LangChain's stores do", async () => {
    const callbacks = [{ handleRetrieverStart: () => {} }];
    expect(await store.similaritySearch("x", 1, undefined, callbacks)).toHaveLength(1);
  });

  it("finds documents by maximal marginal relevance with their cosines", async () => {
    const options = { k: 2, lambda: 0, fetchK: 3 };
    const found = await store.maxMarginalRelevanceSearchWithScore("x", options);
    expect(found.map(([{ id }]) => id)).toEqual(["0", "2"]);
    expect(found[1]![1]).toBeCloseTo(1 / Math.sqrt(5));
    expect(await store.maxMarginalRelevanceSearchVectorWithScore([1, 0], options)).toEqual(found);
    expect(await store.maxMarginalRelevanceSearch("x", { k: 4, fetchK: 2 })).toHaveLength(2);
  });

  it("returns documents by ids, in the order of the ids", async () => {
    expect(idsOf(await store.getByIds(["2", "missing", "0"]))).toEqual(["2", "0"]);
    expect(await new FaissStore(embeddings).getByIds(["2"])).toEqual([]);
    await expect(store.getByIds("2" as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(embeddings.embedded).toBe(0);
  });

  it("merges another store without embedding", async () => {
    const other = new FaissStore(embeddings);
    await other.addVectors([[0, 1]], [new Document({ id: "new", pageContent: "new" })]);
    expect(await store.mergeFrom(other)).toEqual(["new"]);
    expect(idsOf(await store.getByIds(["new", "0"]))).toEqual(["new", "0"]);
    expect(await store.mergeFrom(new FaissStore(embeddings))).toEqual([]);
    expect(embeddings.embedded).toBe(0);
  });

  it("does not replace a document that is added during the merge", async () => {
    const withText = async (pageContent: string) => {
      const other = new FaissStore(embeddings);
      await other.addVectors([[0, 1]], [new Document({ id: "same", pageContent })]);
      return other;
    };
    const others = [await withText("first"), await withText("second")];
    const outcomes = await Promise.allSettled(others.map((other) => store.mergeFrom(other)));
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: ["same"] },
      { status: "rejected", reason: { code: "INVALID_ARGUMENT" } },
    ]);
    expect(await store.getByIds(["same"])).toMatchObject([{ pageContent: "first" }]);
  });

  it("does not merge stores that do not fit, and changes nothing", async () => {
    const withId = async (identity?: string, vector = [0, 1]) => {
      const other = new FaissStore(embeddings, { identity });
      await other.addVectors([vector], [new Document({ id: "new", pageContent: "new" })]);
      return other;
    };
    const cases: [FaissStore, FaissStore, string, RegExp][] = [
      [store, store, "INVALID_ARGUMENT", /ids "0", "1", "2", "3" already \(4 in all\)/],
      [store, await withId("model A"), "IDENTITY_MISMATCH", /This store has no identity/],
      [
        await withId("model B"),
        await withId("model A"),
        "IDENTITY_MISMATCH",
        /The other has .* "model A"/,
      ],
      [await withId("model B"), store, "IDENTITY_MISMATCH", /The other has no identity/],
      [store, await withId(undefined, [1, 2, 3]), "DIMENSION_MISMATCH", /of 2 .* of 3\./],
      [store, (await store.client()) as never, "INVALID_ARGUMENT", /\.upsert\(other\)/],
    ];
    for (const [into, other, code, message] of cases) {
      const before = (await into.client()).ids();
      await expect(into.mergeFrom(other)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
      expect((await into.client()).ids()).toEqual(before);
    }
  });

  it.each([
    ["a filter", { filter: { row: { $near: 1 } } }],
    ["a filter value", { filter: { row: 1n } }],
    ["k = 0", { k: 0 }],
    ["k = -1", { k: -1 }],
    ["k = 1.5", { k: 1.5 }],
    ['k = "3"', { k: "3" }],
    ["minScore", { minScore: "0.5" }],
    ["minScore in percent", { minScore: 70 }],
    ["signal", { signal: {} }],
  ])("refuses a wrong %s before it embeds the query", async (_, wrong) => {
    const { k = 2, filter, ...options } = wrong as { k: number; filter: never };
    for (const one of [store, new FaissStore(embeddings)]) {
      for (const call of [
        () => one.similaritySearch("x", k, filter, options),
        () => one.similaritySearchWithScore("x", k, filter, options),
        () => one.similaritySearchVectorWithScore([1, 0], k, filter, options),
        () => one.maxMarginalRelevanceSearch("x", { k, filter, ...options }),
        () => one.maxMarginalRelevanceSearchWithScore("x", { k, filter, ...options }),
        () => one.maxMarginalRelevanceSearchVectorWithScore([1, 0], { k, filter, ...options }),
      ])
        await expect(call()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    expect(embeddings.embedded).toBe(0);
  });

  it.each([
    ["nothing", [], "DIMENSION_MISMATCH"],
    ["undefined", undefined, "INVALID_ARGUMENT"],
    ["too few numbers", [1], "DIMENSION_MISMATCH"],
    ["NaN", [1, Number.NaN], "INVALID_VECTOR"],
    ["zeros", [0, 0], "INVALID_VECTOR"],
    ["vectors", [[1, 0]], "INVALID_ARGUMENT"],
  ])("fails where the embeddings answer %s to a query", async (_, answer, code) => {
    embeddings.query = answer;
    const vector = answer as number[];
    for (const call of [
      () => store.similaritySearch("x", 1),
      () => store.similaritySearchWithScore("x", 1),
      () => store.similaritySearchVectorWithScore(vector, 1),
      () => store.maxMarginalRelevanceSearch("x", { k: 1 }),
      () => store.maxMarginalRelevanceSearchVectorWithScore(vector, { k: 1 }),
      () => store.asRetriever(1).invoke("x"),
    ])
      await expect(call()).rejects.toMatchObject({ code });
  });

  it.each([
    ["nothing", undefined as unknown, /one vector for each of 2 documents; undefined/],
    ["too few vectors", [[1, 0]], /one vector for each of 2 documents; an array of 1/],
    ["an empty vector", [[1, 0], []], /vector of item 1 \("b"\) has 0/],
    [
      "NaN",
      [
        [1, 0],
        [1, Number.NaN],
      ],
      /vector of item 1 \("b"\) has NaN at position 1/,
    ],
    [
      "another length",
      [
        [1, 0],
        [1, 0, 0],
      ],
      /vector of item 1 \("b"\) has 3/,
    ],
  ])("adds nothing where the embeddings answer %s to documents", async (_, answer, message) => {
    embeddings.documents = answer ?? "no vectors";
    if (answer === undefined) embeddings.embedDocuments = async () => undefined as never;
    const added = ["a", "b"].map((id) => new Document({ id, pageContent: id }));
    for (const call of [
      () => store.addDocuments(added),
      () => FaissStore.fromDocuments(added, embeddings),
    ])
      await expect(call()).rejects.toMatchObject({
        code: expect.stringMatching(/^(INVALID_VECTOR|DIMENSION_MISMATCH)$/),
        message: expect.stringMatching(message),
      });
    expect((await store.client()).size).toBe(4);
  });

  it("refuses records that are no documents, and says what a record must have", async () => {
    const index = await CoreStore.create<{ text: string }>();
    await index.upsert([{ id: "mars", vector: [1, 0], record: { text: "Mars is red." } }]);
    const over = new FaissStore(embeddings, { store: index as never });
    const message = expect.stringMatching(
      /"mars" .* is no document.*\{ pageContent, metadata \}.*\{ text \} was given/,
    );
    for (const call of [
      () => over.similaritySearch("x", 1),
      () => over.similaritySearch("x", 1, { lang: "en" }),
      () => over.similaritySearch("x", 1, () => true),
      () => over.maxMarginalRelevanceSearch("x", { k: 1 }),
      () => over.getByIds(["mars"]),
      () => over.delete({ filter: { lang: "en" } }),
    ])
      await expect(call()).rejects.toMatchObject({ message, code: expect.any(String) });
  });

  it("adds no documents to records that are none", async () => {
    const index = await CoreStore.create<object>();
    const record = { refDocId: "mars", node: { id_: "mars", text: "Mars is red." } };
    await index.upsert([{ id: "mars", vector: [1, 0], record }]);
    const over = () => new FaissStore(embeddings, { store: index as never });
    for (const call of [
      () => over().addDocuments(documentsOf(1)),
      () => over().addVectors([[1, 0]], documentsOf(1)),
      () => over().mergeFrom(store),
      () => store.mergeFrom(over()),
      () => over().client(),
    ])
      await expect(call()).rejects.toMatchObject({
        code: "INVALID_RECORD",
        message: expect.stringMatching(
          /"mars" of the store is no document, but a node of LlamaIndex/,
        ),
      });
    expect([index.size, (await store.client()).size]).toEqual([1, 4]);
    expect(embeddings.embedded).toBe(0);
  });
});

describe("FaissStore: retrievers", () => {
  let store: FaissStore;

  beforeAll(async () => {
    store = await FaissStore.fromDocuments(documentsOf(4), new GivenEmbeddings());
  });

  const find = async (fields: object) =>
    (await store.asRetriever(fields).invoke("x")).map(({ id }) => id);

  it("keeps to a score threshold, as LangChain for Python does", async () => {
    const searchType = "similarity_score_threshold";
    expect(await find({ searchType, searchKwargs: { scoreThreshold: 0.5 } })).toEqual(["0", "1"]);
    expect(await find({ searchType, k: 1, searchKwargs: { scoreThreshold: 0.5 } })).toEqual(["0"]);
    expect(await find({ searchKwargs: { minScore: 0.4, k: 2 } })).toEqual(["0", "1"]);
    expect(await find({ searchKwargs: { minScore: 0.4, filter: { row: [2, 3] } } })).toEqual(["2"]);
    expect(await find({ searchType: "mmr", searchKwargs: { fetchK: 3, minScore: 0.5 } })).toEqual([
      "0",
      "1",
    ]);
  });

  it("takes what LangChain's stores take", async () => {
    const tagged: unknown[] = [];
    const callbacks = [
      { handleRetrieverStart: (...args: unknown[]) => void tagged.push(args[4], args[5]) },
    ];
    const retriever = store.asRetriever(2, { row: { $lt: 3 } }, callbacks, ["mine"], { at: 1 });
    expect(await retriever.invoke("x")).toHaveLength(2);
    expect(tagged).toEqual([["mine", "faiss"], { at: 1 }]);
    expect(await store.asRetriever().invoke("x")).toHaveLength(4);
    expect(retriever).toMatchObject({ k: 2, searchType: "similarity" });
  });

  it.each([
    [
      { searchType: "similarity_score_threshold" },
      /scoreThreshold must be a cosine from -1 to 1; undefined was given/,
    ],
    [
      { searchType: "similarity_score_threshold", searchKwargs: { scoreThreshold: 70 } },
      /scoreThreshold must be a cosine from -1 to 1; 70 was given/,
    ],
    [{ searchKwargs: { minScore: 1.1 } }, /minScore must be a cosine from -1 to 1/],
    [{ searchType: "mmr", searchKwargs: { minScore: -2 } }, /minScore must be a cosine/],
    [{ searchType: "hybrid" }, /searchType must be one of similarity, .*"hybrid" was given/],
    [
      { searchKwargs: { fetchK: 9 } },
      /fetchK has no effect .*"similarity".* set searchType: "mmr"/,
    ],
    [{ searchKwargs: { scoreThreshold: 0.5 } }, /searchType: "similarity_score_threshold"/],
    [{ searchKwargs: { lambdaMult: 0.5 }, searchType: "mmr" }, /Did you mean `lambda`/],
    [{ search_type: "mmr" }, /Did you mean `searchType`/],
    [{ topK: 3 }, /Did you mean `k`/],
    [
      { searchType: "mmr", fetchK: 9 },
      /fetchK must be left out.* searchKwargs: \{ fetchK: 9 \}\.$/,
    ],
    [{ minScore: 0.5 }, /Put it into searchKwargs: \{ minScore: 0\.5 \}\.$/],
  ])("refuses %o", (fields, message) => {
    expect(() => store.asRetriever(fields as never)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(message),
      }),
    );
  });
});

describe("FaissStore: signals", () => {
  let embedder: Embedder;
  let embeddings: EmbeddingGemmaEmbeddings;

  beforeAll(async () => {
    embedder = await Embedder.load(model);
    embeddings = new EmbeddingGemmaEmbeddings({ embedder, batchSize: 1 });
  });
  afterAll(() => embedder.dispose());

  const texts = Array.from({ length: 30 }, (_, row) => `Text ${row}`);
  const documents = texts.map((pageContent) => new Document({ pageContent }));

  it.each([
    ["an error", new Error("stop")],
    ["a string", "stop"],
  ])("ends what embeds documents with its reason, %s, and adds nothing", async (_, reason) => {
    const store = new FaissStore(embeddings);
    const ways: Record<string, (signal: AbortSignal, onProgress: () => void) => Promise<unknown>> =
      {
        addDocuments: (signal, onProgress) => store.addDocuments(documents, { signal, onProgress }),
        fromTexts: (signal, onProgress) =>
          FaissStore.fromTexts(texts, [], embeddings, { signal, onProgress }),
        fromDocuments: (signal, onProgress) =>
          FaissStore.fromDocuments(documents, embeddings, { signal, onProgress }),
        embedDocuments: (signal, onProgress) =>
          embeddings.embedDocuments(texts, { signal, onProgress }),
        "the embeddings' own": (signal, onEncodeProgress) =>
          new FaissStore(
            new EmbeddingGemmaEmbeddings({
              embedder,
              batchSize: 1,
              maxRetries: 5,
              signal,
              onEncodeProgress,
            }),
          ).addDocuments(documents),
      };
    for (const [way, start] of Object.entries(ways)) {
      const controller = new AbortController();
      const onProgress = vi.fn(() => controller.abort(reason));
      await expect(start(controller.signal, onProgress), way).rejects.toBe(reason);
      expect(onProgress.mock.calls.length, way).toBeLessThan(3);
      await expect(start(controller.signal, onProgress), way).rejects.toBe(reason);
      expect(onProgress.mock.calls.length, way).toBeLessThan(3);
    }
    expect((await store.client()).size).toBe(0);
    const vectors = texts.map((_, row) => [1, row]);
    const aborted = { signal: AbortSignal.abort(reason) };
    await expect(store.addVectors(vectors, documents, aborted)).rejects.toBe(reason);
  });

  it("ends what other embeddings do, and reports their progress", async () => {
    const foreign = new GivenEmbeddings();
    const progress: unknown[] = [];
    const onProgress = (one: unknown) => void progress.push(one);
    const store = await FaissStore.fromTexts(texts, [], foreign, { onProgress });
    expect(progress).toEqual([{ done: 30, total: 30 }]);
    foreign.embedDocuments = () => new Promise(() => {});
    foreign.embedQuery = () => new Promise(() => {});
    for (const start of [
      (signal: AbortSignal) => store.addDocuments(documents, { signal }),
      (signal: AbortSignal) => store.similaritySearch("x", 1, undefined, { signal }),
      (signal: AbortSignal) => store.maxMarginalRelevanceSearch("x", { k: 1, signal }),
      (signal: AbortSignal) => store.asRetriever(1).invoke("x", { signal }),
      (signal: AbortSignal) =>
        store
          .asRetriever({ searchType: "mmr" })
          .pipe(RunnableLambda.from((found) => found))
          .invoke("x", { signal }),
    ]) {
      const controller = new AbortController();
      const waiting = start(controller.signal);
      setTimeout(() => controller.abort(new Error("stop")), 5);
      await expect(waiting).rejects.toThrow("stop");
    }
    expect((await store.client()).size).toBe(30);
  });

  it("reaches the search from a retriever, each run its own", async () => {
    const store = await FaissStore.fromDocuments(planets, embeddings);
    const searched = vi.spyOn(store, "similaritySearch");
    const retriever = store.asRetriever(1);
    const { signal } = new AbortController();
    await Promise.all([retriever.invoke(question, { signal }), retriever.invoke(question)]);
    expect(searched.mock.calls.map(([, , , options]) => options)).toEqual([
      expect.objectContaining({ signal }),
      expect.objectContaining({ signal: undefined }),
    ]);
    const stopped = retriever.invoke(question, { signal: AbortSignal.abort("stop") });
    await expect(stopped).rejects.toBe("stop");
    await expect(retriever.invoke(question, { timeout: 1 })).rejects.toThrow();
  });

  it("leaves no listener behind", async () => {
    const store = await FaissStore.fromDocuments(planets, embeddings);
    const { signal } = new AbortController();
    await store.similaritySearch(question, 1, undefined, { signal });
    await store.addDocuments(planets, { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
