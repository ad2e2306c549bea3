import { Embedder } from "@embeddinggemma/core";
import { FaissStore as CoreStore } from "@embeddinggemma/faiss";
import { modelPath as model } from "@embeddinggemma/tiny-model";
import { Document } from "@langchain/core/documents";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { EmbeddingGemmaEmbeddings } from "./embeddings.ts";
import { FaissStore } from "./faiss-store.ts";
import { planets, question } from "./testing/planets.ts";

describe("FaissStore: wrong arguments", () => {
  let embedder: Embedder;
  let embeddings: EmbeddingGemmaEmbeddings;
  let store: FaissStore;

  beforeAll(async () => {
    embedder = await Embedder.load(model);
    embeddings = new EmbeddingGemmaEmbeddings({ embedder });
  });
  afterAll(() => embedder.dispose());
  beforeEach(async () => {
    store = await FaissStore.fromDocuments(planets, embeddings);
  });

  it.each([0, -1, 1.5, Number.NaN])("rejects k = %d", async (k) => {
    await expect(store.similaritySearch(question, k)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("rejects wrong arguments", async () => {
    await expect(store.addDocuments(planets, { ids: ["one"] })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await expect(store.addVectors([], planets)).rejects.toThrow(
      /vectors and documents must have the same length; 0 and 4 were given/,
    );
    await expect(store.similaritySearchVectorWithScore([1, 2], 1)).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
    });
    await expect(
      store.similaritySearch(question, 1, { year: { $near: 1 } } as never),
    ).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await expect(store.delete()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(store.delete({ ids: ["mars"], filter: {} })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect(await store.similaritySearch(question, 10)).toHaveLength(4);
  });

  it("says that the option dimension does not shorten vectors, before it embeds", async () => {
    const embedded = vi.spyOn(embedder, "encodeDocument");
    for (const [dimension, advice] of [
      [256, " For shorter vectors, set `truncateDim` of the embedding."],
      [1024, ""],
    ] as const)
      for (const call of [
        () => FaissStore.fromDocuments(planets, embeddings, { dimension }),
        () => FaissStore.load("folder", embeddings, { dimension }),
      ])
        await expect(call()).rejects.toMatchObject({
          code: "DIMENSION_MISMATCH",
          message:
            `The option dimension says ${dimension}, but the embedding makes vectors of 768 ` +
            `numbers. Leave the option out.${advice}`,
        });
    expect(embedded).not.toHaveBeenCalled();
    embedded.mockRestore();
    const made = await FaissStore.fromDocuments(planets, embeddings, { dimension: 768 });
    expect((await made.client()).dimension).toBe(768);
  });

  it("says how to pass ids, which older stores take alone", async () => {
    const message =
      "options must be an object; an array of 1 was given. Pass the ids as { ids: […] }.";
    const ids = ["one"] as object;
    for (const call of [
      () => store.addDocuments(planets.slice(0, 1), ids),
      () => store.addVectors([[1]], planets.slice(0, 1), ids),
    ])
      await expect(call()).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message });
  });

  it("reports wrong arguments before it embeds anything", async () => {
    const embedded = vi.spyOn(embedder, "encodeDocument");
    const failing = [
      () => store.addDocuments(planets, { ids: ["one"] }),
      () => FaissStore.fromDocuments(planets, embeddings, { searchDimension: 1000 }),
      () => FaissStore.fromDocuments(planets, embeddings, { engine: "gpu" as never }),
      () => FaissStore.fromDocuments(Promise.resolve(planets) as never, embeddings),
      () => FaissStore.fromTexts("Mars" as never, {}, embeddings),
    ];
    for (const call of failing) {
      await expect(call()).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    }
    expect(embedded).not.toHaveBeenCalled();
    embedded.mockRestore();
  });

  describe("options of a search in place of its filter", () => {
    const fourth = /Options are the fourth argument.*\(query, k, undefined, { minScore: 0\.4 }\)/;

    it.each(["minScore", "scoreThreshold"])("are refused: %s", async (name) => {
      const filter = { [name]: 0.4 };
      await expect(store.similaritySearch(question, 3, filter)).rejects.toThrow(fourth);
      await expect(store.asRetriever(3, filter).invoke(question)).rejects.toThrow(fourth);
    });

    it("are a filter if a document has such metadata, or they match", async () => {
      expect(await store.similaritySearch(question, 3, { minScore: null })).toHaveLength(3);
      await store.addDocuments([new Document({ pageContent: "a", metadata: { minScore: 1 } })]);
      expect(await store.similaritySearch(question, 3, { minScore: 0.4 })).toEqual([]);
    });

    it("are refused beside metadata, which stay the filter", async () => {
      const filter = { rings: true, "author.name": ["Ada"], minScore: 0.4 };
      await expect(store.similaritySearch(question, 3, filter)).rejects.toThrow(
        "The filter has minScore, but no document has such metadata. Options are the fourth " +
          "argument, after the filter: similaritySearch(query, k, " +
          '{ rings: true, "author.name": … }, { minScore: 0.4 }).',
      );
    });

    it("are not looked for in an empty store", async () => {
      const empty = new FaissStore(embeddings);
      expect(await empty.similaritySearch(question, 3, { minScore: 0.4 })).toEqual([]);
    });

    it("are refused before anything is embedded if they have a signal", async () => {
      const embedded = vi.spyOn(embedder, "encodeQuery");
      const { signal } = new AbortController();
      const after = "Options are the fourth argument, after the filter: similaritySearch(query, k,";
      for (const [filter, message] of [
        [
          { minScore: 0.4, signal },
          `The filter has minScore and signal. ${after} undefined, { minScore: 0.4, signal }). ` +
            "A retriever takes minScore in its searchKwargs.",
        ],
        [{ rings: true, signal }, `The filter has signal. ${after} { rings: true }, { signal }).`],
      ] as const)
        await expect(store.similaritySearch(question, 3, filter as never)).rejects.toMatchObject({
          message,
        });
      expect(embedded).not.toHaveBeenCalled();
      embedded.mockRestore();
    });
  });

  it("reports what cannot be stored before it embeds anything, by position and id", async () => {
    const embedded = vi.spyOn(embedder, "encodeDocument");
    const good = Array.from({ length: 5 }, (_, row) => new Document({ pageContent: `${row}` }));
    const bad = (fields: object) => [...good, { pageContent: "x", metadata: {}, ...fields }];
    const twins = [...planets, planets[1]!, planets[1]!];
    const mars = planets[1]!.id!;
    for (const [documents, code, message] of [
      [
        bad({ metadata: { price: Number.NaN } }),
        "INVALID_RECORD",
        /^Item 5 cannot be stored: record.metadata.price is NaN/,
      ],
      [
        bad({ id: "x", metadata: { at: { url: new URL("http://a.b/") } } }),
        "INVALID_RECORD",
        /^Item 5 \("x"\) cannot be stored: record.metadata.at.url is .* Store value.href/,
      ],
      [bad({ id: 7 }), "INVALID_ARGUMENT", /The id of item 5 must be a string .* 7 was given/],
      [bad({ id: "" }), "INVALID_ARGUMENT", /The id of item 5/],
      [bad({ metadata: "x" }), "INVALID_ARGUMENT", /metadata of document 5 must be an object/],
      [bad({ pageContent: 5 }), "INVALID_ARGUMENT", /Document 5 must be a document with a text/],
      [[...good, undefined], "INVALID_ARGUMENT", /Document 5 .* undefined was given/],
      // biome-ignore lint/suspicious/noSparseArray: it is what the test is about
      [[, ...good], "INVALID_ARGUMENT", /Document 0 .* undefined was given/],
      [["Mars"], "INVALID_ARGUMENT", /Document 0 .* "Mars" was given. For texts, use `fromTexts`/],
      [[Promise.resolve(good[0])], "INVALID_ARGUMENT", /Add the missing `await`/],
      [twins, "INVALID_ARGUMENT", new RegExp(`"${mars}" occurs 3 times .*items 1, 4, 5`)],
    ] as [never[], string, RegExp][]) {
      const vectors = Array.from(documents, () => Array.from({ length: 768 }, () => 1));
      const expected = { code, message: expect.stringMatching(message) };
      await expect(store.addDocuments(documents)).rejects.toMatchObject(expected);
      await expect(store.addVectors(vectors, documents)).rejects.toMatchObject({ code });
      await expect(FaissStore.fromDocuments(documents, embeddings)).rejects.toMatchObject(expected);
    }
    const texts = FaissStore.fromTexts(["a", "b"], [{}, { size: 1n }], embeddings);
    await expect(texts).rejects.toThrow("Item 1 cannot be stored: record.metadata.size is 1n.");
    const ids = { ids: ["a", "b", "c", "a"] };
    await expect(store.addDocuments(planets, ids)).rejects.toThrow('"a" occurs 2 times');
    expect(embedded).not.toHaveBeenCalled();
    embedded.mockRestore();
    expect((await store.client()).size).toBe(planets.length);
  });

  it("takes null for no id", async () => {
    const [id] = await store.addDocuments([{ pageContent: "x", metadata: {}, id: null as never }]);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const document = { pageContent: "y", metadata: null as never, id: "y" };
    expect(await store.addDocuments([document], { ids: [null as never] })).toEqual(["y"]);
  });

  it.each([
    [
      "fromTexts without metadata",
      () => FaissStore.fromTexts(["Mars"], {}, undefined as never),
      /undefined was given/,
    ],
    [
      "load without embeddings",
      () => FaissStore.load("folder", undefined as never),
      /new EmbeddingGemmaEmbeddings/,
    ],
    [
      "a missing await",
      () => store.addDocuments(Promise.resolve([]) as never),
      /Add the missing `await`/,
    ],
    [
      "one text in place of an array",
      () => FaissStore.fromTexts("Mars" as never, {}, embeddings),
      /texts must be an array; "Mars" was/,
    ],
    [
      "a number among the texts",
      () => FaissStore.fromTexts(["Mars", 4 as never], {}, embeddings),
      /texts\[1\] must be a string; 4 was given/,
    ],
    [
      "a hole among the texts",
      // biome-ignore lint/suspicious/noSparseArray: it is what the test is about
      () => FaissStore.fromTexts([, "Mars"] as never, {}, embeddings),
      /texts\[0\] must be a string; undefined was given/,
    ],
    [
      "documents in place of texts",
      () => FaissStore.fromTexts(planets as never, {}, embeddings),
      /texts\[0\] .* For documents, use `fromDocuments`/,
    ],
    [
      "a number in place of the options of a diverse search",
      () => store.maxMarginalRelevanceSearch("Mars", 3 as never),
      /options must be an object such as { k: 4, fetchK: 20 }; 3 was given/,
    ],
    [
      "a name in place of the options of an import",
      () => FaissStore.loadFromPython("folder", embeddings, "index" as never),
      /options must be an object; "index" was given/,
    ],
    [
      "no options of an import",
      () => FaissStore.loadFromCommunity("folder", embeddings, null as never),
      /options must be an object; null was given/,
    ],
    [
      "an option that the import sets",
      () => FaissStore.loadFromPython("folder", embeddings, { format: "faiss" } as never),
      /format must be left out here; "faiss" was given. FaissStore.import of/,
    ],
    [
      "an option for folders of LlamaIndex",
      () => FaissStore.loadFromPython("folder", embeddings, { indexId: "text" } as never),
      /indexId must be left out here/,
    ],
    [
      "the name of files that always have the same",
      () => FaissStore.loadFromCommunity("folder", embeddings, { indexName: "x" } as never),
      /indexName must be left out here/,
    ],
    [
      "an unknown option of an import",
      () => FaissStore.loadFromCommunity("folder", embeddings, { verbosity: 1 } as never),
      /The options are engine, (?!.*(format|ids|embedding|indexId|sourceNamespace|indexName))/,
    ],
    [
      "ids that are no array",
      () => store.addDocuments(planets, { ids: "mars" as never }),
      /ids must be an array of ids; "mars" was given/,
    ],
    [
      "a misspelt option of addVectors",
      () => store.addVectors([], [], { id: ["mars"] } as never),
      /no option `id`. Did you mean `ids`/,
    ],
    [
      "an existing index that is missing",
      () => FaissStore.fromExistingIndex(embeddings, {} as never),
      /store must be a FaissStore of @embeddinggemma\/faiss; undefined was given/,
    ],
    [
      "a store that was not awaited",
      () => FaissStore.fromExistingIndex(embeddings, { store: CoreStore.create() as never }),
      /an object \(Promise\) was given. Add the missing `await`/,
    ],
    [
      "a deletion without ids or filter",
      () => store.delete(["mars"] as never),
      /either `\{ ids \}` or `\{ filter \}`; neither was given/,
    ],
    ["a deletion of null", () => store.delete(null as never), /neither was given/],
    ["a deletion without values", () => store.delete({ ids: undefined }), /neither was given/],
    [
      "a deletion with an empty filter",
      () => store.delete({ filter: {} }),
      /filter must be a filter that not all documents pass; .*pass `\{ filter: \(\) => true \}`/,
    ],
    [
      "a deletion with an empty filter of an empty store",
      () => new FaissStore(embeddings).delete({ filter: {} }),
      /not all documents pass/,
    ],
    [
      "a deletion with combined filters that say nothing",
      () => store.delete({ filter: { $and: [{}, { lang: { $nin: [] } }] } }),
      /not all documents pass/,
    ],
    [
      "a deletion with a filter of no value",
      () => store.delete({ filter: { lang: undefined } } as never),
      /"lang" must be .*; undefined/,
    ],
    [
      "a deletion with a Map",
      () => store.delete({ filter: new Map() } as never),
      /must be a function or an object; an object \(Map\)/,
    ],
    [
      "a deletion with an array",
      () => store.delete({ filter: ["mars"] } as never),
      /A filter must be a function or an object; an array of 1 was given/,
    ],
    [
      "a deletion of ids that are no strings",
      () => store.delete({ ids: [7] as never }),
      /ids must be an array of ids, which are strings/,
    ],
    [
      "a deletion by a misspelt option",
      () => store.delete({ id: ["mars"] } as never),
      /There is no option `id`. Did you mean `ids`/,
    ],
    [
      "fewer ids than texts",
      () => FaissStore.fromTexts(["Mars", "Venus"], {}, embeddings, { ids: ["mars"] }),
      /documents and ids must have the same length; 2 and 1 were given/,
    ],
    [
      "an option of the embeddings in fromTexts",
      () => FaissStore.fromTexts(["Mars"], {}, embeddings, { truncation: "error" } as never),
      /^truncation must be left out .* new EmbeddingGemmaEmbeddings\({ truncation }\)/,
    ],
    [
      "an option of the embeddings in load",
      () => FaissStore.load("folder", embeddings, { titleKey: "name" } as never),
      /It is an option of the embeddings: new EmbeddingGemmaEmbeddings\({ titleKey }\)/,
    ],
    [
      "an option of the embeddings in an import",
      () => FaissStore.loadFromPython("folder", embeddings, { dtype: "q8" } as never),
      /It is an option of the embeddings: new EmbeddingGemmaEmbeddings\({ dtype }\)/,
    ],
    [
      "a misspelt option of fromDocuments",
      () => FaissStore.fromDocuments(planets, embeddings, { idz: [] } as never),
      /There is no option `idz`. Did you mean `ids`/,
    ],
  ])("says what to do about %s", async (_, call, message) => {
    await expect(call()).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(message),
    });
  });

  it.each([
    { engine: "gpu" },
    { index: "HNSW32,Flt" },
    { searchDimension: 1.5 },
    { index: "" },
    { dimension: 4, searchDimension: 8 },
  ])("rejects %j in the constructor", (options) => {
    const code = "INVALID_ARGUMENT";
    expect(() => new FaissStore(embeddings, options as never)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it.each([
    [{ stor: {} }, "There is no option `stor`. Did you mean `store`?"],
    [
      { verbosity: 1 },
      expect.stringMatching(/^There is no option `verbosity`. The options are store, .*preset, /),
    ],
    [{ presett: "exact" }, "There is no option `presett`. Did you mean `preset`?"],
    [{ rescore: "int8" }, "The option `rescore` is now called `precision`."],
    [
      { store: {} },
      "store must be a FaissStore of @embeddinggemma/faiss; an object (Object) was given.",
    ],
    [null, "options must be an object; null was given."],
  ])("says what is wrong with %j", (options, message) => {
    expect(() => new FaissStore(embeddings, options as never)).toThrow(
      expect.objectContaining({ name: "FaissStoreError", code: "INVALID_ARGUMENT", message }),
    );
  });
});
