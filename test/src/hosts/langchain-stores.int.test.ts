/**
 * LangChain's own tests of its local stores, run with our store. `MemoryVectorStore` is installed,
 * so both stores get the same calls and must return the same results. Tests whose title begins with
 * "differs" show where our store differs on purpose.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddingGemmaEmbeddings, FaissStore } from "@embeddinggemma/langchain";
import { modelPath } from "@embeddinggemma/tiny-model";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { SemanticSimilarityExampleSelector } from "@langchain/core/example_selectors";
import { FakeEmbeddings, SyntheticEmbeddings } from "@langchain/core/utils/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

describe("LangChain's MemoryVectorStore", () => {
  const embeddings = new SyntheticEmbeddings({ vectorSize: 1536 });
  const contents = [
    "hello",
    "hi",
    "bye",
    "what's this",
    "hello hello",
    "good evening",
    "hi there",
    "farewell",
  ];
  const documents = contents.map(
    (pageContent, row) => new Document({ id: `${row}`, pageContent, metadata: { row } }),
  );
  let ours: FaissStore;
  let theirs: MemoryVectorStore;

  beforeAll(async () => {
    ours = await FaissStore.fromDocuments(documents, embeddings);
    theirs = await MemoryVectorStore.fromDocuments(documents, embeddings);
  });

  const both = async <T>(
    ask: (store: FaissStore | MemoryVectorStore) => Promise<T>,
  ): Promise<T[]> => [await ask(ours), await ask(theirs)];

  it("finds the same documents with the same scores, best first", async () => {
    for (const content of contents) {
      const [own, host] = await both((store) => store.similaritySearchWithScore(content, 5));
      expect(own).toEqual(host!.map(([document, score]) => [document, expect.closeTo(score, 5)]));
      const scores = own!.map(([, score]) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    }
  });

  it("keeps the ids of documents", async () => {
    const [own, host] = await both((store) => store.similaritySearch("hello", 1));
    expect(own).toEqual(host);
    expect(own![0]!.id).toBe("0");
  });

  it("filters by a function, as a store and as a retriever", async () => {
    const filter = ({ metadata }: DocumentInterface) => metadata.row >= 2 && metadata.row <= 5;
    const [own, host] = await both((store) => store.similaritySearchWithScore("hello", 3, filter));
    expect(own).toEqual(host!.map(([document, score]) => [document, expect.closeTo(score, 5)]));
    const [ownRetrieved, hostRetrieved] = await both((store) =>
      (store as MemoryVectorStore).asRetriever({ k: 3, filter }).invoke("hello"),
    );
    expect(ownRetrieved).toEqual(hostRetrieved);
  });

  it.each([0, 0.25, 0.5, 0.75, 1])(
    "finds the same documents by maximal marginal relevance with lambda %d",
    async (lambda) => {
      const [own, host] = await both((store) =>
        (store as FaissStore).maxMarginalRelevanceSearch("hello", { k: 4, fetchK: 8, lambda }),
      );
      expect(own).toEqual(host);
    },
  );

  it("differs: a document replaces one with its id (MemoryVectorStore keeps both)", async () => {
    const again = new Document({ id: "0", pageContent: "hello", metadata: { row: "new" } });
    const [own, host] = [
      await FaissStore.fromDocuments(documents, embeddings),
      await MemoryVectorStore.fromDocuments(documents, embeddings),
    ];
    await own.addDocuments([again]);
    await host.addDocuments([again]);
    const named = (found: DocumentInterface[]) => found.filter(({ id }) => id === "0");
    expect(named(await own.similaritySearch("hello", 20))).toEqual([again]);
    expect(named(await host.similaritySearch("hello", 20))).toHaveLength(2);
  });

  it("differs: a document without an id gets one", async () => {
    const store = await FaissStore.fromTexts(["hello"], {}, embeddings);
    expect((await store.similaritySearch("hello", 1))[0]!.id).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("LangChain community's FaissStore", () => {
  const embeddings = new EmbeddingGemmaEmbeddings({ model: modelPath });
  const texts = ["Hello world", "Bye bye", "hello nice world"];
  const metadatas = [{ id: 2 }, { id: 1 }, { id: 3 }];
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "conformance-faiss-"));
  });
  afterAll(async () => {
    await embeddings.dispose();
    await rm(folder, { recursive: true });
  });

  it("fromTexts: finds the nearest text first, with its metadata", async () => {
    const store = await FaissStore.fromTexts(texts, metadatas, embeddings);
    const [[best, score], [second]] = (await store.similaritySearchWithScore("hello world", 2)) as [
      [Document, number],
      [Document, number],
    ];
    expect([best.pageContent, best.metadata]).toEqual(["Hello world", { id: 2 }]);
    expect(second.pageContent).toBe("hello nice world");
    // Differs: our score is a cosine. The community store's is a squared L2 distance, where lower
    // is better.
    expect(score).toBeGreaterThan((await store.similaritySearchWithScore("hello world", 2))[1]![1]);
  });

  it("fromTexts and addDocuments: finds documents that are added later", async () => {
    const store = await FaissStore.fromTexts(texts, metadatas, embeddings);
    const [id] = await store.addDocuments([
      new Document({ pageContent: "A penny saved is a penny earned", metadata: { id: 4 } }),
    ]);
    const [found] = await store.similaritySearch("saving pennies", 1);
    expect(found).toMatchObject({ id, metadata: { id: 4 } });
  });

  it("save and load: finds the same documents, and more can be added", async () => {
    const store = await FaissStore.fromTexts(texts, metadatas, embeddings);
    await store.save(join(folder, "store"));
    const loaded = await FaissStore.load(join(folder, "store"), embeddings);
    expect(await loaded.similaritySearchWithScore("hello", 3)).toEqual(
      await store.similaritySearchWithScore("hello", 3),
    );
    await loaded.addDocuments([new Document({ pageContent: "hello again" })]);
    expect(await loaded.similaritySearch("hello", 10)).toHaveLength(4);
  });

  it("delete by ids; differs: ignores unknown ids and keeps other documents", async () => {
    const store = new FaissStore(embeddings);
    await store.addDocuments(
      texts.map((pageContent) => new Document({ pageContent })),
      { ids: ["2", "1", "4"] },
    );
    await store.delete({ ids: ["2", "3"] });
    const found = await store.similaritySearch("Hello world", 10);
    expect(found.map(({ id, pageContent }) => [id, pageContent]).toSorted()).toEqual([
      ["1", "Bye bye"],
      ["4", "hello nice world"],
    ]);
  });

  it("rejects vectors when their count or dimension is wrong", async () => {
    const store = new FaissStore(new FakeEmbeddings());
    const document = new Document({ pageContent: "hello" });
    await expect(
      store.addVectors(
        [
          [1, 2],
          [3, 4],
        ],
        [document],
      ),
    ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await store.addVectors([[1, 2]], [document]);
    await expect(store.addVectors([[1, 2, 3]], [document])).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
    });
  });

  it("differs: an empty store finds nothing (the community store throws)", async () => {
    expect(await new FaissStore(embeddings).similaritySearch("hello")).toEqual([]);
  });

  it("differs: finds all documents if k is larger (the community store throws)", async () => {
    expect(
      await (await FaissStore.fromTexts(texts, metadatas, embeddings)).similaritySearch(
        "hello",
        50,
      ),
    ).toHaveLength(3);
  });

  it("differs: keeps all concurrent first adds (the community store keeps one)", async () => {
    const store = new FaissStore(embeddings);
    await Promise.all(
      texts.map((pageContent) => store.addDocuments([new Document({ pageContent })])),
    );
    expect(await store.similaritySearch("hello", 10)).toHaveLength(3);
  });
});

describe("LangChain's SemanticSimilarityExampleSelector", () => {
  it.each([FaissStore, MemoryVectorStore])("selects the most similar examples", async (store) => {
    const examples = [
      { input: "Which planet is red?", output: "Mars" },
      { input: "Who baked the bread?", output: "the baker" },
    ];
    const embeddings = new EmbeddingGemmaEmbeddings({ model: modelPath });
    const selector = await SemanticSimilarityExampleSelector.fromExamples(
      examples,
      embeddings,
      store,
      { k: 1, inputKeys: ["input"] },
    );
    const question = { input: "What color is the planet Mars?" };
    expect(await selector.selectExamples(question)).toEqual([examples[0]]);
  });
});
