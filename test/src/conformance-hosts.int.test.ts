/**
 * What the frameworks' tests expect of their own local stores, asked of ours: LangChain's
 * MemoryVectorStore and community FaissStore, LlamaIndex's SimpleVectorStore. Where the host's
 * store is at hand, both get the same calls and must answer alike; where ours differs on purpose,
 * the test says so.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddingGemmaEmbeddings, FaissStore } from "@embeddinggemma/langchain";
import { FaissVectorStore } from "@embeddinggemma/llamaindex";
import { modelPath } from "@embeddinggemma/tiny-model";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { FakeEmbeddings, SyntheticEmbeddings } from "@langchain/core/utils/testing";
import {
  type BaseEmbedding,
  type BaseNode,
  type MetadataFilter,
  NodeRelationship,
  SimpleVectorStore,
  TextNode,
  VectorStoreQueryMode,
} from "llamaindex";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

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
    "chooses the same documents by maximal marginal relevance at lambda %d",
    async (lambda) => {
      const [own, host] = await both((store) =>
        (store as FaissStore).maxMarginalRelevanceSearch("hello", { k: 4, fetchK: 8, lambda }),
      );
      expect(own).toEqual(host);
    },
  );

  it("differs: a document under an id that is there replaces the old one, where MemoryVectorStore keeps both", async () => {
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

  it("differs: an id is made where a document has none", async () => {
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

  it("fromTexts: the nearest text first, with its metadata", async () => {
    const store = await FaissStore.fromTexts(texts, metadatas, embeddings);
    const [[best, score], [second]] = (await store.similaritySearchWithScore("hello world", 2)) as [
      [Document, number],
      [Document, number],
    ];
    expect([best.pageContent, best.metadata]).toEqual(["Hello world", { id: 2 }]);
    expect(second.pageContent).toBe("hello nice world");
    // Differs: the community store's score is a squared L2 distance, lower is better; ours is a
    // cosine.
    expect(score).toBeGreaterThan((await store.similaritySearchWithScore("hello world", 2))[1]![1]);
  });

  it("fromTexts and addDocuments: what is added later is found", async () => {
    const store = await FaissStore.fromTexts(texts, metadatas, embeddings);
    const [id] = await store.addDocuments([
      new Document({ pageContent: "A penny saved is a penny earned", metadata: { id: 4 } }),
    ]);
    const [found] = await store.similaritySearch("saving pennies", 1);
    expect(found).toMatchObject({ id, metadata: { id: 4 } });
  });

  it("save and load: the same answers, and more can be added", async () => {
    const store = await FaissStore.fromTexts(texts, metadatas, embeddings);
    await store.save(join(folder, "store"));
    const loaded = await FaissStore.load(join(folder, "store"), embeddings);
    expect(await loaded.similaritySearchWithScore("hello", 3)).toEqual(
      await store.similaritySearchWithScore("hello", 3),
    );
    await loaded.addDocuments([new Document({ pageContent: "hello again" })]);
    expect(await loaded.similaritySearch("hello", 10)).toHaveLength(4);
  });

  it("delete: by ids; differs: an unknown id is passed over, and other ids keep their documents", async () => {
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

  it("refuses vectors that are not as many as the documents, or of another length", async () => {
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

  it("differs: an empty store answers nothing, where the community store throws", async () => {
    expect(await new FaissStore(embeddings).similaritySearch("hello")).toEqual([]);
  });

  it("differs: k over the size gives everything, where the community store throws", async () => {
    expect(
      await (await FaissStore.fromTexts(texts, metadatas, embeddings)).similaritySearch(
        "hello",
        50,
      ),
    ).toHaveLength(3);
  });

  it("differs: adds that run at once on a new store all stay, where the community store kept one", async () => {
    const store = new FaissStore(embeddings);
    await Promise.all(
      texts.map((pageContent) => store.addDocuments([new Document({ pageContent })])),
    );
    expect(await store.similaritySearch("hello", 10)).toHaveLength(3);
  });
});

describe("LlamaIndex's SimpleVectorStore", () => {
  const embedModel = {} as BaseEmbedding; // neither store embeds
  const queryEmbedding = [0.1, 0.2];
  let ours: FaissVectorStore;
  let theirs: SimpleVectorStore;

  beforeEach(async () => {
    ours = new FaissVectorStore({ embedModel });
    theirs = new SimpleVectorStore({ embedModel });
    await ours.add(dogs());
    await theirs.add(dogs());
  });

  const ask = async (
    store: FaissVectorStore | SimpleVectorStore,
    filters?: MetadataFilter[],
    condition?: "and" | "or",
  ) => {
    const query = { queryEmbedding, similarityTopK: 10, mode: VectorStoreQueryMode.DEFAULT };
    const result = await store.query({
      ...query,
      ...(filters && { filters: { filters, ...(condition && { condition }) } }),
    });
    return result.ids.toSorted();
  };

  it("gives the same ids with the same cosines, best first", async () => {
    const query = {
      queryEmbedding: [0.3, 0.1],
      similarityTopK: 3,
      mode: VectorStoreQueryMode.DEFAULT,
    };
    const [own, host] = [await ours.query(query), await theirs.query(query)];
    expect(own.ids).toEqual(host.ids);
    expect(own.similarities).toEqual(
      host.similarities.map((similarity) => expect.closeTo(similarity, 5)),
    );
    // Differs: nodes come with the answer, since the store keeps texts.
    expect(own.nodes!.map((node) => node.id_)).toEqual(own.ids);
    expect(host.nodes).toBeUndefined();
  });

  const values = { name: "Luke", weight: 2.3, type: "puppy", height: 50, missing: "a" };
  const lists = {
    name: ["Anakin", "Leia"],
    weight: [1.2, 3.4],
    type: ["husky", "puppy"],
    height: [50],
    missing: ["a"],
  };
  const filters: MetadataFilter[] = [
    ...Object.entries(values).flatMap(([key, value]) =>
      (["==", "!=", "contains"] as const).map((operator) => ({ key, value, operator })),
    ),
    ...["name", "weight", "height", "missing"].flatMap((key) =>
      ([">", ">=", "<", "<="] as const).map((operator) => ({
        key,
        value: values[key as keyof typeof values],
        operator,
      })),
    ),
    ...Object.entries(lists).flatMap(([key, value]) =>
      (["in", "nin", "any", "all"] as const).map((operator) => ({ key, value, operator })),
    ),
    ...["name", "type", "missing"].map((key) => ({
      key,
      value: "Luk",
      operator: "text_match" as const,
    })),
    ...(["==", "!=", ">"] as const).map((operator) => ({ key: "none", value: "a", operator })),
    ...(["in", "nin", "any", "all"] as const).map((operator) => ({
      key: "none",
      value: ["a"],
      operator,
    })),
    ...["height", "blank", "bare", "none", "missing", "name"].map((key) => ({
      key,
      operator: "is_empty" as const,
    })),
    ...["doc_id", "ref_doc_id", "document_id"].map((key) => ({
      key,
      value: "litter",
      operator: "==" as const,
    })),
  ];

  it.each(filters)("chooses the same nodes by $key $operator $value", async (filter) => {
    expect(await ask(ours, [filter])).toEqual(await ask(theirs, [filter]));
  });

  it.each(["and", "or", undefined] as const)("combines filters alike by %s", async (condition) => {
    const pairs = filters.flatMap((one, row) => [[one, filters[(row * 7 + 3) % filters.length]!]]);
    for (const pair of pairs)
      expect(await ask(ours, pair, condition)).toEqual(await ask(theirs, pair, condition));
    expect(await ask(ours, [], condition)).toEqual(await ask(theirs, [], condition));
  });

  it("chooses among docIds alike, where they are ids of nodes", async () => {
    const query = {
      queryEmbedding,
      similarityTopK: 10,
      mode: VectorStoreQueryMode.DEFAULT,
      docIds: ["1", "3"],
    };
    expect((await ours.query(query)).ids.toSorted()).toEqual(
      (await theirs.query(query)).ids.toSorted(),
    );
    // Differs: they may also be ids of source documents, as in LlamaIndex's other stores.
    expect((await ours.query({ ...query, docIds: ["litter"] })).ids.toSorted()).toEqual([
      "1",
      "2",
      "3",
    ]);
  });

  it("deletes the nodes of a source document alike", async () => {
    await ours.delete("litter");
    await theirs.delete("litter");
    expect(await ask(ours)).toEqual(await ask(theirs));
  });

  it("differs: zero and the empty string can be among those that `in` and `nin` name", async () => {
    expect(await ask(ours, [{ key: "zero", value: [0], operator: "in" }])).toEqual(["1"]);
    expect(await ask(theirs, [{ key: "zero", value: [0], operator: "in" }])).toEqual([]);
  });

  it("differs: values of different types have no order, where SimpleVectorStore converts them", async () => {
    expect(await ask(ours, [{ key: "dogId", value: 0, operator: ">" }])).toEqual([]);
    expect(await ask(theirs, [{ key: "dogId", value: 0, operator: ">" }])).toEqual(["1", "2", "3"]);
    expect(await ask(ours, [{ key: "type", value: "puppy", operator: "<=" }])).toEqual([]);
    expect(await ask(theirs, [{ key: "type", value: "puppy", operator: "<=" }])).toEqual([
      "1",
      "2",
      "3",
    ]);
  });

  it("differs: text_match on a number does not match, where SimpleVectorStore throws a TypeError", async () => {
    const filter: MetadataFilter[] = [{ key: "weight", value: "2", operator: "text_match" }];
    expect(await ask(ours, filter)).toEqual([]);
    await expect(ask(theirs, filter)).rejects.toThrow(TypeError);
  });

  it("differs: mmrThreshold has an effect, and the similarities of mode mmr are cosines", async () => {
    const query = {
      queryEmbedding: [0.3, 0.1],
      similarityTopK: 2,
      mode: VectorStoreQueryMode.MMR,
      mmrThreshold: 1,
    };
    const [own, host] = [await ours.query(query), await theirs.query(query)];
    const best = await ours.query({ ...query, mode: VectorStoreQueryMode.DEFAULT });
    expect(own).toEqual(best);
    expect(host.similarities[0]).toBeCloseTo(best.similarities[0]! / 2, 5);
  });
});

function dogs(): BaseNode[] {
  const source = { [NodeRelationship.SOURCE]: { nodeId: "litter", metadata: {} } };
  const dog = (id_: string, embedding: number[], text: string, metadata: object) =>
    new TextNode({ id_, embedding, text, metadata: { ...metadata }, relationships: source });
  return [
    dog("1", [0.1, 0.2], "The dog is brown", {
      name: "Anakin",
      dogId: "1",
      weight: 1.2,
      type: ["husky", "puppy"],
      height: 50,
      zero: 0,
    }),
    dog("2", [0.2, 0.3], "The dog is yellow", {
      name: "Luke",
      dogId: "2",
      weight: 2.3,
      type: ["puppy"],
      blank: "",
    }),
    dog("3", [0.3, 0.1], "The dog is red", {
      name: "Leia",
      dogId: "3",
      weight: 3.4,
      type: ["husky"],
      bare: [],
      none: null,
    }),
  ];
}
