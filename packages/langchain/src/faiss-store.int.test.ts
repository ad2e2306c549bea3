import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { FaissStore as CoreStore } from "@embeddinggemma/faiss";
import { modelPath as model } from "@embeddinggemma/tiny-model";
import { Document } from "@langchain/core/documents";
import { FakeEmbeddings } from "@langchain/core/utils/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { EmbeddingGemmaEmbeddings } from "./embeddings.ts";
import { type DocumentRecord, FaissStore } from "./faiss-store.ts";

const question = "Which planet is known as the Red Planet?";
const planets = [
  {
    id: "venus",
    text: "Venus is often called Earth's twin because of its similar size and proximity.",
    rings: false,
  },
  {
    id: "mars",
    text: "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
    rings: false,
  },
  {
    id: "jupiter",
    text: "Jupiter, the largest planet in our solar system, has a prominent red spot.",
    rings: true,
  },
  {
    id: "saturn",
    text: "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
    rings: true,
  },
].map(({ id, text, rings }) => new Document({ id, pageContent: text, metadata: { rings } }));

describe("FaissStore", () => {
  let embedder: Embedder;
  let embeddings: EmbeddingGemmaEmbeddings;
  let store: FaissStore;
  let folder: string;

  beforeAll(async () => {
    embedder = await Embedder.load(model);
    embeddings = new EmbeddingGemmaEmbeddings({ embedder });
    folder = await mkdtemp(join(tmpdir(), "langchain-faiss-"));
  });
  afterAll(async () => {
    await embedder.dispose();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    store = await FaissStore.fromDocuments(planets, embeddings);
  });

  it.each([768, 512, 256, 128])(
    "ranks Mars first at %i dimensions, with cosines as scores",
    async (truncateDim) => {
      const shortened = new EmbeddingGemmaEmbeddings({ embedder, truncateDim });
      const ranked = await (
        await FaissStore.fromDocuments(planets, shortened)
      ).similaritySearchWithScore(question, 4);
      expect(ranked[0]![0]).toEqual(planets[1]);
      const query = await embedder.encodeQuery(question, { truncateDim });
      const texts = planets.map(({ pageContent }) => pageContent);
      const [expected] = embedder.similarity(
        query,
        await embedder.encodeDocument(texts, { truncateDim }),
      );
      for (const [document, score] of ranked) {
        expect(score).toBeCloseTo(expected![planets.findIndex(({ id }) => id === document.id)]!, 5);
      }
      expect(ranked.map(([, score]) => score)).toEqual(
        expected!.toSorted((a, b) => b - a).map((score) => expect.closeTo(score, 5)),
      );
    },
  );

  it("searches the leading numbers and scores with all of them", async () => {
    const matryoshka = await FaissStore.fromDocuments(planets, embeddings, {
      searchDimension: 128,
    });
    const [exact, found] = await Promise.all(
      [store, matryoshka].map((one) => one.similaritySearchWithScore(question, 4)),
    );
    expect(found).toEqual(exact);
  });

  it("filters by a function and by an object, and finds k documents if k match", async () => {
    const ringed = await store.similaritySearch(question, 2, ({ metadata }) => metadata.rings);
    expect(ringed.map(({ id }) => id).toSorted()).toEqual(["jupiter", "saturn"]);
    expect(await store.similaritySearch(question, 2, { rings: true })).toEqual(ringed);
    expect(await store.similaritySearch(question, 4, { rings: true })).toHaveLength(2);
    expect(
      await store.similaritySearch(question, 4, (document) => document.id === "venus"),
    ).toEqual([planets[0]]);
  });

  it("takes ids from the call or from the documents, or creates them", async () => {
    const fresh = new FaissStore(embeddings);
    expect(await fresh.addDocuments(planets.slice(0, 2), { ids: ["a", "b"] })).toEqual(["a", "b"]);
    expect(await fresh.addDocuments(planets.slice(2, 3))).toEqual(["jupiter"]);
    const [made] = await fresh.addDocuments([new Document({ pageContent: "Pluto" })]);
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
    expect(await fresh.addDocuments([])).toEqual([]);
  });

  it("replaces the document with the same id", async () => {
    await store.addDocuments([
      new Document({ id: "mars", pageContent: "Mars has two moons.", metadata: { moons: 2 } }),
    ]);
    const found = await store.similaritySearch("How many moons has Mars?", 5);
    expect(found).toHaveLength(4);
    expect(found[0]).toEqual(
      new Document({ id: "mars", pageContent: "Mars has two moons.", metadata: { moons: 2 } }),
    );
  });

  it("embeds titles of documents as titles", async () => {
    const document = new Document({
      id: "deimos",
      pageContent: "It is small and dark.",
      metadata: { title: "Deimos, a moon of Mars" },
    });
    const titled = await FaissStore.fromDocuments([document], embeddings);
    const [[, score]] = (await titled.similaritySearchWithScore(question, 1)) as [
      [Document, number],
    ];
    const query = await embedder.encodeQuery(question);
    const vector = await embedder.encodeDocument({
      title: "Deimos, a moon of Mars",
      text: "It is small and dark.",
    });
    expect(score).toBeCloseTo(embedder.similarity(query, vector)[0]![0]!, 5);
  });

  it("deletes by ids and by filter", async () => {
    await store.delete({ ids: ["mars", "pluto"] });
    expect((await store.similaritySearch(question, 4)).map(({ id }) => id)).not.toContain("mars");
    await store.delete({ filter: { rings: true } });
    expect(await store.similaritySearch(question, 4)).toEqual([planets[0]]);
    await store.addDocuments(planets);
    expect((await store.similaritySearch(question, 1))[0]).toEqual(planets[1]);
  });

  it("finds relevant and different documents by maximal marginal relevance", async () => {
    const twins = planets.map(
      (document) => new Document({ ...document, id: `${document.id} again` }),
    );
    await store.addDocuments(twins);
    const plain = await store.similaritySearch(question, 2);
    expect(plain.map(({ id }) => id)).toEqual(["mars", "mars again"]);
    const diverse = await store.maxMarginalRelevanceSearch(question, {
      k: 2,
      fetchK: 8,
      lambda: 0.5,
    });
    expect(diverse.map(({ pageContent }) => pageContent)).toContain(planets[1]!.pageContent);
    expect(new Set(diverse.map(({ pageContent }) => pageContent)).size).toBe(2);
    const relevant = await store.maxMarginalRelevanceSearch(question, { k: 2, lambda: 1 });
    expect(relevant).toEqual(plain);
    const ringed = await store.maxMarginalRelevanceSearch(question, {
      k: 4,
      filter: { rings: true },
    });
    expect(ringed).toHaveLength(4);
    expect(ringed.every(({ metadata }) => metadata.rings)).toBe(true);
  });

  it("works as a retriever with both search types", async () => {
    expect(await store.asRetriever(1).invoke(question)).toEqual([planets[1]]);
    const ringed = store.asRetriever({ k: 4, filter: (document) => document.metadata.rings });
    expect(await ringed.invoke(question)).toHaveLength(2);
    const diverse = store.asRetriever({
      searchType: "mmr",
      k: 2,
      searchKwargs: { fetchK: 4, lambda: 1 },
      filter: { rings: false },
    });
    expect((await diverse.invoke(question)).map(({ id }) => id)).toEqual(["mars", "venus"]);
    await store
      .asRetriever()
      .addDocuments([
        new Document({ id: "pluto", pageContent: "Pluto is a dwarf planet, far from the sun." }),
      ]);
    expect((await store.similaritySearch("What is Pluto?", 1))[0]!.id).toBe("pluto");
  });

  it("is created from texts, with metadata for each text or for all", async () => {
    const texts = planets.map(({ pageContent }) => pageContent);
    const each = await FaissStore.fromTexts(
      texts,
      texts.map((_, place) => ({ place })),
      embeddings,
    );
    expect((await each.similaritySearch(question, 1))[0]!.metadata).toEqual({ place: 1 });
    const all = await FaissStore.fromTexts(texts, { source: "blog" }, embeddings);
    expect(
      (await all.similaritySearch(question, 4)).map(({ metadata }) => metadata.source),
    ).toEqual(Array(4).fill("blog"));
    await expect(FaissStore.fromTexts(texts, [{}], embeddings)).rejects.toThrow(
      /texts and metadatas must have the same length; 4 and 1 were given/,
    );
  });

  it("saves and loads without changing ids, metadata or scores", async () => {
    const directory = join(folder, "planets");
    await store.save(directory);
    const again = await FaissStore.load(directory, embeddings);
    expect(await again.similaritySearchWithScore(question, 4)).toEqual(
      await store.similaritySearchWithScore(question, 4),
    );
    await again.delete({ ids: ["mars"] });
    await again.save(directory);
    expect(
      await (await FaissStore.load(directory, embeddings)).similaritySearch(question, 4),
    ).toHaveLength(3);
  });

  it("rejects a saved store of another model or dimension", async () => {
    const directory = join(folder, "identity");
    await store.save(directory);
    const shortened = new EmbeddingGemmaEmbeddings({ embedder, truncateDim: 256 });
    await expect(FaissStore.load(directory, shortened)).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
    });
    const prompted = new EmbeddingGemmaEmbeddings({
      embedder,
      documentPrompt: { promptName: "STS" },
    });
    await expect(FaissStore.load(directory, prompted)).rejects.toMatchObject({
      code: "IDENTITY_MISMATCH",
    });
    const sameModel = new EmbeddingGemmaEmbeddings({ model });
    expect(
      await (await FaissStore.load(directory, sameModel)).similaritySearch(question, 1),
    ).toEqual([planets[1]]);
    await sameModel.dispose();
  });

  it("rejects a folder that contains no store", async () => {
    await expect(FaissStore.load(folder, embeddings)).rejects.toMatchObject({
      code: "NOT_A_STORE",
    });
  });

  it.each(["loadFromPython", "loadFromCommunity"] as const)(
    "imports a folder of another library: %s",
    async (load) => {
      const name = load === "loadFromPython" ? "langchain-python" : "langchain-js";
      const fixture = join(import.meta.dirname, "../../../test/fixtures/faiss");
      const { ids, texts, metadata, vectors } = JSON.parse(
        await readFile(join(fixture, "expected.json"), "utf8"),
      );
      const foreign = await FaissStore[load](join(fixture, name), new FakeEmbeddings());
      expect((await foreign.client()).ids()).toEqual(ids);
      const [[document, score]] = (await foreign.similaritySearchVectorWithScore(
        vectors[2],
        1,
      )) as [[Document, number]];
      expect(document).toEqual(
        new Document({ id: ids[2], pageContent: texts[2], metadata: metadata[2] }),
      );
      expect(score).toBeCloseTo(1, 5);
      await foreign.save(join(folder, name));
      expect(
        (await (await FaissStore.load(join(folder, name), new FakeEmbeddings())).client()).size,
      ).toBe(ids.length);
    },
  );

  it("rejects a pickle file that would run code", async () => {
    const malicious = join(import.meta.dirname, "../../../test/fixtures/faiss/malicious-reduce");
    await expect(FaissStore.loadFromPython(malicious, embeddings)).rejects.toMatchObject({
      code: "UNSAFE_FILE",
    });
  });

  it("works with any embeddings", async () => {
    const foreign = new FaissStore(new FakeEmbeddings());
    await foreign.addDocuments(planets);
    expect(await foreign.similaritySearch(question, 10)).toHaveLength(4);
    const vectors = [[3, 4, 0]];
    const other = new FaissStore(new FakeEmbeddings(), { dimension: 3 });
    expect(await other.addVectors(vectors, [planets[0]!])).toEqual(["venus"]);
    expect(await other.similaritySearchVectorWithScore([0, 2, 0], 1)).toEqual([
      [planets[0], expect.closeTo(0.8, 5)],
    ]);
  });

  it("finds out whether a folder contains a store", async () => {
    const saved = join(folder, "exists");
    expect(await FaissStore.exists(saved)).toBe(false);
    await store.save(saved);
    expect(await FaissStore.exists(saved)).toBe(true);
  });

  it("uses an existing index", async () => {
    const index = await CoreStore.create<DocumentRecord>({ dimension: 768 });
    const [vector] = await embeddings.embedDocuments(["Mars is red."]);
    await index.upsert([
      { id: "mine", vector: vector!, record: { pageContent: "Mars is red.", metadata: {} } },
    ]);
    const existing = await FaissStore.fromExistingIndex(embeddings, { store: index });
    expect(await existing.client()).toBe(index);
    expect((await existing.similaritySearch(question, 1))[0]!.id).toBe("mine");
  });

  it("rejects an index of another model or dimension at its first use", async () => {
    const other = await CoreStore.create<DocumentRecord>({
      dimension: 768,
      identity: "another model",
    });
    const existing = await FaissStore.fromExistingIndex(embeddings, { store: other });
    const mismatch = {
      code: "IDENTITY_MISMATCH",
      message: expect.stringContaining('Made with "another model"'),
    };
    await expect(existing.similaritySearch(question, 1)).rejects.toMatchObject(mismatch);
    await expect(existing.addDocuments(planets)).rejects.toMatchObject(mismatch);
    expect(other.size).toBe(0);
    const shorter = new FaissStore(embeddings, {
      store: await CoreStore.create<DocumentRecord>({ dimension: 128 }),
    });
    await expect(shorter.addDocuments(planets)).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
      details: { expected: 128, given: 768 },
    });
    const own = await CoreStore.create<DocumentRecord>({ identity: await embeddings.identity() });
    expect(await FaissStore.fromDocuments(planets, embeddings, { store: own })).toMatchObject({
      embeddings,
    });
    expect(own.size).toBe(4);
  });

  it("deletes, saves and searches by a vector without the model", async () => {
    const directory = join(folder, "without-model");
    await store.save(directory);
    const idle = new EmbeddingGemmaEmbeddings({ model });
    const load = vi.spyOn(idle, "identity");
    const given = await CoreStore.open<DocumentRecord>(directory);
    const again = new FaissStore(idle, { store: given });
    const query = await embeddings.embedQuery(question);
    const [hit] = await again.similaritySearchVectorWithScore(query, 1);
    expect(hit![0].id).toBe("mars");
    await again.delete({ ids: ["mars"] });
    await again.save(directory);
    expect(load).not.toHaveBeenCalled();
    expect(await again.similaritySearch(question, 4)).toHaveLength(given.size);
    expect(load).toHaveBeenCalled();
    await idle.dispose();
  });

  it("finds nothing in an empty store", async () => {
    const empty = new FaissStore(embeddings);
    expect(await empty.similaritySearch(question)).toEqual([]);
    expect(await empty.maxMarginalRelevanceSearch(question, { k: 2 })).toEqual([]);
    await empty.delete({ ids: ["mars"] });
  });

  it("keeps all documents of concurrent adds to a new store", async () => {
    const busy = new FaissStore(embeddings);
    await Promise.all(planets.map((document) => busy.addDocuments([document])));
    expect(await busy.similaritySearch(question, 10)).toHaveLength(4);
  });

  it.each([0, -1, 1.5, Number.NaN])("rejects k = %d", async (k) => {
    await expect(store.similaritySearch(question, k)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("returns all documents if k exceeds their number", async () => {
    expect(await store.similaritySearch(question, 100)).toHaveLength(4);
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
      store.similaritySearch(question, 1, { year: { $gt: 1 } } as never),
    ).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await expect(store.delete()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(store.delete({ ids: ["mars"], filter: {} })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    const unserializable = new Document({ pageContent: "x", metadata: { when: Number.NaN } });
    await expect(store.addDocuments([unserializable])).rejects.toMatchObject({
      code: "INVALID_RECORD",
    });
    expect(await store.similaritySearch(question, 10)).toHaveLength(4);
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
  ])("says what to do about %s", async (_, call, message) => {
    await expect(call()).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(message),
    });
  });

  it.each([
    { engine: "gpu" },
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

  it("saves and opens an empty store", async () => {
    await new FaissStore(embeddings).save(join(folder, "empty"));
    const again = await FaissStore.load(join(folder, "empty"), embeddings);
    expect(await again.similaritySearch(question)).toEqual([]);
    await again.addDocuments(planets);
    expect((await again.similaritySearch(question, 1))[0]).toEqual(planets[1]);
  });

  it("rejects an import with vectors of another length than the embeddings make", async () => {
    const foreign = join(import.meta.dirname, "../../../test/fixtures/faiss/langchain-python");
    await expect(FaissStore.loadFromPython(foreign, embeddings)).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
    });
  });

  it("has the names that LangChain expects", () => {
    expect(store._vectorstoreType()).toBe("faiss");
    expect(store.lc_namespace).toEqual(["langchain", "vectorstores", "faiss"]);
  });
});
