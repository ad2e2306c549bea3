import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { modelPath as model } from "@embeddinggemma/tiny-model";
import { Document } from "@langchain/core/documents";
import { FakeEmbeddings } from "@langchain/core/utils/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DocumentFilter } from "./document-filter.ts";
import { EmbeddingGemmaEmbeddings } from "./embeddings.ts";
import { FaissStore } from "./faiss-store.ts";
import { planets, question } from "./testing/planets.ts";

describe("FaissStore", () => {
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

  it("keeps dates, also after save and load, and compares them in filters", async () => {
    const metadata = { landed: new Date("1976-07-20"), at: [{ seen: new Date(5) }] };
    await store.addDocuments([new Document({ id: "lander", pageContent: "Viking 1", metadata })]);
    await store.addDocuments([
      new Document({ id: "text", pageContent: "Viking 2", metadata: { landed: "1976-09-03" } }),
    ]);
    const folder = await mkdtemp(join(tmpdir(), "langchain-dates-"));
    await store.save(folder);
    for (const one of [store, await FaissStore.load(folder, embeddings)]) {
      const after = new Date("1976-01-01");
      const find = async (filter: DocumentFilter) =>
        (await one.similaritySearch("lander", 9, filter)).map(({ id }) => id);
      const [found] = await one.similaritySearch("x", 1, { landed: new Date("1976-07-20") });
      expect(found!.metadata).toEqual(metadata);
      expect(await find((document) => document.metadata.landed > after)).toEqual(["lander"]);
      expect(await find({ landed: "1976-07-20T00:00:00.000Z" })).toEqual(["lander"]);
      expect(await find({ landed: new Date("1976-09-03") })).toEqual(["text"]);
      found!.metadata.landed.setTime(0);
      expect(await find({ landed: new Date("1976-07-20") })).toEqual(["lander"]);
    }
    await rm(folder, { recursive: true });
  });

  it("gives a filter a copy of the document", async () => {
    const metadata = { date: "1976-07-20", landed: new Date("1976-07-20"), tags: ["red"] };
    const document = new Document({ id: "lander", pageContent: "Viking 1", metadata });
    await store.addDocuments([document]);
    const changing: DocumentFilter = ({ metadata }) => {
      if (!metadata.date) return false;
      metadata.date = new Date(metadata.date);
      metadata.landed?.setTime(0);
      metadata.tags.push("changed");
      return metadata.date > new Date("1976-01-01");
    };
    const options = { k: 9, fetchK: 9, filter: changing };
    expect(await store.similaritySearch("x", 9, changing)).toEqual([document]);
    expect(await store.maxMarginalRelevanceSearch("x", options)).toEqual([document]);
    await store.delete({ filter: (given) => !changing(given) });
    expect(await store.similaritySearch("x", 9)).toEqual([document]);
  });

  it("names the document for which a filter throws", async () => {
    const filter: DocumentFilter = ({ metadata }) => metadata.title.includes("x");
    for (const call of [
      () => store.similaritySearch("x", 1, filter),
      () => store.maxMarginalRelevanceSearch("x", { k: 1, filter }),
      () => store.delete({ filter }),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(
          /filter threw an error for the item "\w+": Cannot read prop/,
        ),
        cause: expect.any(TypeError),
      });
    }
  });

  it("deletes by ids and by filter", async () => {
    await store.delete({ ids: ["mars", "pluto"] });
    expect((await store.similaritySearch(question, 4)).map(({ id }) => id)).not.toContain("mars");
    await store.delete({ filter: { rings: true } });
    expect(await store.similaritySearch(question, 4)).toEqual([planets[0]]);
    await store.addDocuments(planets);
    expect((await store.similaritySearch(question, 1))[0]).toEqual(planets[1]);
  });

  it.each<[filter: DocumentFilter, message: RegExp]>([
    [
      { dpt: { $ne: "it" } },
      /^No document has the metadata key `dpt`\. Did you mean `dept`\? Nothing was deleted\./,
    ],
    [{ $or: [{ dept: "it" }, { $not: { "author.nam": "Ada" } }] }, /Did you mean `author\.name`\?/],
    [{ dpt: "it" }, /Did you mean `dept`\? Nothing was deleted\./],
    [{ dept: ["it"], year: [1999] }, /`year`\. Nothing was deleted\./],
    [{ source: null }, /`source`\. Nothing was deleted\. To delete documents without a key, use/],
  ])("deletes nothing with %j, which has a key that no document has", async (filter, message) => {
    const metadatas = [
      { dept: "it", author: { name: "Ada" } },
      { dept: "hr", draft: null },
    ];
    const made = await FaissStore.fromTexts(["a", "b"], metadatas, embeddings);
    await expect(made.delete({ filter })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(message),
    });
    expect((await made.client()).size).toBe(2);
    await made.delete({ filter: { $not: { "author.name": "Ada" }, draft: null } });
    expect((await made.client()).size).toBe(1);
    await made.delete({ filter: { dept: "it" } });
    await made.delete({ filter }); // the store is empty
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
    expect(await store.maxMarginalRelevanceSearch(question, undefined as never)).toHaveLength(4);
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

  it("is created from texts without metadata", async () => {
    for (const none of [[], {}, undefined as never]) {
      const plain = await FaissStore.fromTexts(["Mars", "Venus"], none, embeddings);
      const found = await plain.similaritySearch(question, 2);
      expect(found.map(({ metadata }) => metadata)).toEqual([{}, {}]);
    }
  });

  it("is created with the given ids", async () => {
    const params = { ids: ["a", "b", "c", "d"], searchDimension: 128 };
    const texts = planets.map(({ pageContent }) => pageContent);
    for (const made of [
      await FaissStore.fromTexts(texts, {}, embeddings, params),
      await FaissStore.fromDocuments(planets, embeddings, params),
    ]) {
      const client = await made.client();
      expect([client.ids(), client.searchDimension]).toEqual([params.ids, 128]);
      await made.delete({ ids: ["b"] });
      expect(client.has("b")).toBe(false);
    }
    expect(params.ids).toHaveLength(4);
  });

  it("creates stores of a subclass with the methods of the subclass", async () => {
    class Counting extends FaissStore {
      searches = 0;
      override similaritySearchVectorWithScore(
        ...args: Parameters<FaissStore["similaritySearchVectorWithScore"]>
      ) {
        this.searches++;
        return super.similaritySearchVectorWithScore(...args);
      }
    }
    const folder = await mkdtemp(join(tmpdir(), "langchain-subclass-"));
    await store.save(join(folder, "saved"));
    const index = await store.client();
    await index.exportLangChainPython(folder);
    const stores = [
      await Counting.fromTexts(["Mars"], {}, embeddings),
      await Counting.fromDocuments(planets, embeddings, { ids: ["a", "b", "c", "d"] }),
      await Counting.fromExistingIndex(embeddings, { store: index }),
      await Counting.load(join(folder, "saved"), embeddings),
      await Counting.loadFromPython(folder, embeddings),
    ];
    await rm(folder, { recursive: true });
    for (const one of stores) {
      expect(one).toBeInstanceOf(Counting);
      await one.similaritySearch(question, 1);
      expect((one as Counting).searches).toBe(1);
    }
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

  it("returns all documents if k exceeds their number", async () => {
    expect(await store.similaritySearch(question, 100)).toHaveLength(4);
  });

  it("has the names that LangChain expects", () => {
    expect(store._vectorstoreType()).toBe("faiss");
    expect(store.lc_namespace).toEqual(["langchain", "vectorstores", "faiss"]);
  });
});
