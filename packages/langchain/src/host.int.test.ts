import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { CacheBackedEmbeddings } from "@langchain/classic/embeddings/cache_backed";
import { createRetrieverTool } from "@langchain/classic/tools/retriever";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { index, RecordManager, type UpdateOptions } from "@langchain/core/indexing";
import { AIMessage, type BaseMessage, type ToolMessage } from "@langchain/core/messages";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { RunnablePassthrough, RunnableSequence } from "@langchain/core/runnables";
import { InMemoryStore } from "@langchain/core/stores";
import { fakeModel } from "@langchain/core/testing";
import { FakeStreamingChatModel } from "@langchain/core/utils/testing";
import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";
import { createAgent } from "langchain";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { EmbeddingGemmaEmbeddings } from "./embeddings.ts";
import { FaissStore } from "./faiss-store.ts";

const question = "Which planet is known as the Red Planet?";
const texts = {
  mars: "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
  venus: "Venus is often called Earth's twin because of its similar size and proximity.",
  saturn: "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
};

describe("LangChain with this package", () => {
  let embedder: Embedder;
  let embeddings: EmbeddingGemmaEmbeddings;
  let store: FaissStore;

  beforeAll(async () => {
    embedder = await Embedder.load(modelPath);
    embeddings = new EmbeddingGemmaEmbeddings({ embedder });
  });
  afterAll(() => embedder.dispose());
  beforeEach(async () => {
    store = await FaissStore.fromDocuments(documentsOf(texts), embeddings);
  });

  describe("the indexing API", () => {
    const contents = async (vectorStore: FaissStore) =>
      (await vectorStore.similaritySearch(question, 100))
        .map(({ pageContent }) => pageContent)
        .toSorted();

    it("skips unchanged documents, replaces changed ones and deletes missing ones", async () => {
      const vectorStore = new FaissStore(embeddings);
      const recordManager = new MapRecordManager();
      const embedded = vi.spyOn(embeddings, "encodeTitledDocuments");
      const run = (docsSource: DocumentInterface[]) =>
        index({
          docsSource,
          recordManager,
          vectorStore,
          options: { cleanup: "full", sourceIdKey: "source" },
        });

      expect(await run(documentsOf(texts))).toEqual({
        numAdded: 3,
        numUpdated: 0,
        numSkipped: 0,
        numDeleted: 0,
      });
      embedded.mockClear();
      expect(await run(documentsOf(texts))).toEqual({
        numAdded: 0,
        numUpdated: 0,
        numSkipped: 3,
        numDeleted: 0,
      });
      expect(embedded).not.toHaveBeenCalled();

      const changed = { ...texts, venus: "Venus is the hottest planet." };
      expect(await run(documentsOf(changed))).toEqual({
        numAdded: 1,
        numUpdated: 0,
        numSkipped: 2,
        numDeleted: 1,
      });
      expect(embedded).toHaveBeenCalledTimes(1);
      expect(await contents(vectorStore)).toEqual(Object.values(changed).toSorted());

      const { saturn, ...fewer } = changed;
      expect(await run(documentsOf(fewer))).toEqual({
        numAdded: 0,
        numUpdated: 0,
        numSkipped: 2,
        numDeleted: 1,
      });
      expect(await contents(vectorStore)).not.toContain(saturn);
      embedded.mockRestore();
    });

    it("deletes nothing without a cleanup mode, and stores equal documents once", async () => {
      const vectorStore = new FaissStore(embeddings);
      const run = (docsSource: DocumentInterface[]) =>
        index({ docsSource, recordManager, vectorStore, options: { batchSize: 2 } });
      const recordManager = new MapRecordManager();
      const twice = [...documentsOf(texts), ...documentsOf(texts)];
      expect(await run(twice)).toEqual({
        numAdded: 3,
        numUpdated: 0,
        numSkipped: 3,
        numDeleted: 0,
      });
      const moved = { mars: "Mars has two moons." };
      expect(await run(documentsOf(moved))).toEqual({
        numAdded: 1,
        numUpdated: 0,
        numSkipped: 0,
        numDeleted: 0,
      });
      expect(await contents(vectorStore)).toEqual([...Object.values(texts), moved.mars].toSorted());
    });

    it("cleans up by source, and updates unchanged documents if forced", async () => {
      const vectorStore = new FaissStore(embeddings);
      const recordManager = new MapRecordManager();
      const run = (docsSource: DocumentInterface[], forceUpdate = false) =>
        index({
          docsSource,
          recordManager,
          vectorStore,
          options: { cleanup: "incremental", sourceIdKey: "source", batchSize: 2, forceUpdate },
        });
      await run(documentsOf(texts));
      const { numAdded, numDeleted } = await run(documentsOf({ mars: "Mars has two moons." }));
      expect({ numAdded, numDeleted }).toEqual({ numAdded: 1, numDeleted: 1 });
      expect(await contents(vectorStore)).toEqual([
        "Mars has two moons.",
        texts.saturn,
        texts.venus,
      ]);
      const forced = await run(documentsOf({ mars: "Mars has two moons." }), true);
      expect(forced).toMatchObject({ numAdded: 0, numUpdated: 1, numDeleted: 0 });
      expect(await contents(vectorStore)).toHaveLength(3);
    });
  });

  it("works with CacheBackedEmbeddings, with a namespace for each identity", async () => {
    const underlying = new EmbeddingGemmaEmbeddings({ embedder });
    const embedded = vi.spyOn(underlying, "embedDocuments");
    const bytes = new InMemoryStore<Uint8Array>();
    const cached = CacheBackedEmbeddings.fromBytesStore(underlying, bytes, {
      namespace: await underlying.identity(),
    });
    const first = await cached.embedDocuments([texts.mars, texts.venus]);
    expect(await cached.embedDocuments([texts.venus, texts.mars])).toEqual(first.toReversed());
    expect(embedded).toHaveBeenCalledTimes(1);
    expect(await cached.embedQuery(question)).toEqual(await underlying.embedQuery(question));
    const cachedStore = await FaissStore.fromDocuments(documentsOf(texts), cached);
    expect((await cachedStore.similaritySearch(question, 1))[0]!.pageContent).toBe(texts.mars);
    const short = new EmbeddingGemmaEmbeddings({ embedder, truncateDim: 128 });
    const shortCached = CacheBackedEmbeddings.fromBytesStore(short, bytes, {
      namespace: await short.identity(),
    });
    expect(await shortCached.embedDocuments([texts.mars])).toEqual(
      await short.embedDocuments([texts.mars]),
    );
  });

  it("works in a streaming LCEL chain with callbacks", async () => {
    const model = new FakeStreamingChatModel({ responses: [new AIMessage("It is Mars.")] });
    const prompt = ChatPromptTemplate.fromTemplate("Answer from {context}\n\n{question}");
    const retriever = store.asRetriever({ k: 1, tags: ["planets"] });
    const chain = RunnableSequence.from([
      {
        context: retriever.pipe((found: DocumentInterface[]) =>
          found.map(({ pageContent }) => pageContent).join("\n"),
        ),
        question: new RunnablePassthrough(),
      },
      prompt,
      model,
      new StringOutputParser(),
    ]);
    const retrieved: DocumentInterface[][] = [];
    const tagged: string[][] = [];
    const prompts: string[] = [];
    const callbacks = [
      {
        handleRetrieverStart: (...args: unknown[]) => void tagged.push(args[4] as string[]),
        handleRetrieverEnd: (found: DocumentInterface[]) => void retrieved.push(found),
        handleChatModelStart: (_: unknown, messages: BaseMessage[][]) =>
          void prompts.push(messages[0]![0]!.text),
      },
    ];
    const chunks: string[] = [];
    for await (const chunk of await chain.stream(question, { callbacks })) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks.join("")).toBe("It is Mars.");
    expect(retrieved.map((found) => found.map(({ id }) => id))).toEqual([["mars"]]);
    expect(tagged[0]).toEqual(expect.arrayContaining(["planets", "faiss"]));
    expect(prompts).toEqual([expect.stringContaining(texts.mars)]);
  });

  it("retrieves for a batch of questions", async () => {
    const found = await store.asRetriever(1).batch([question, "Which planet has rings?"]);
    expect(found.map(([document]) => document!.id)).toEqual(["mars", "saturn"]);
  });

  it("works as the tool of an agent", async () => {
    const tool = createRetrieverTool(store.asRetriever(1), {
      name: "planets",
      description: "Looks up planets.",
    });
    const model = fakeModel()
      .respondWithTools([{ name: "planets", args: { query: question } }])
      .respond((messages) => new AIMessage(`I read: ${messages.at(-1)!.text}`));
    // LangChain's own tool has a zod 3 schema, which the agent's types do not accept.
    const agent = createAgent({ model, tools: [tool as never] });
    const { messages } = await agent.invoke({ messages: [{ role: "user", content: question }] });
    expect((messages.find((message) => message.type === "tool") as ToolMessage).text).toBe(
      texts.mars,
    );
    expect(messages.at(-1)!.text).toBe(`I read: ${texts.mars}`);
  });

  it("splits texts by the model's tokens", async () => {
    const text = Array.from({ length: 40 }, (_, line) => `Line ${line}: ${texts.mars}`).join(" ");
    const splitter = new RecursiveCharacterTextSplitter({
      chunkSize: 64,
      chunkOverlap: 16,
      lengthFunction: embeddings.countTokens,
    });
    const chunks = await splitter.splitText(text);
    expect(chunks.length).toBeGreaterThan(10);
    const lengths = await Promise.all(chunks.map(embeddings.countTokens));
    expect(Math.max(...lengths)).toBeGreaterThan(48);
    // The splitter adds up the counts of the parts. Joined, two parts can have one token more.
    expect(Math.max(...lengths)).toBeLessThanOrEqual(64 + 2);
  });
});

function documentsOf(contents: Record<string, string>): Document[] {
  return Object.entries(contents).map(
    ([id, pageContent]) => new Document({ id, pageContent, metadata: { source: id } }),
  );
}

/** `@langchain/core` has no record manager that works without a database. */
class MapRecordManager extends RecordManager {
  override lc_namespace = ["test"];
  readonly #records = new Map<string, { updatedAt: number; groupId: string | null }>();
  #clock = 0;

  async createSchema(): Promise<void> {}

  async getTime(): Promise<number> {
    return ++this.#clock;
  }

  async update(keys: string[], { groupIds, timeAtLeast = 0 }: UpdateOptions = {}): Promise<void> {
    const updatedAt = await this.getTime();
    if (updatedAt < timeAtLeast) throw new Error("The clock went backwards.");
    keys.forEach((key, position) => {
      this.#records.set(key, {
        updatedAt,
        groupId: groupIds?.[position] ?? this.#records.get(key)?.groupId ?? null,
      });
    });
  }

  async exists(keys: string[]): Promise<boolean[]> {
    return keys.map((key) => this.#records.has(key));
  }

  async listKeys({
    before = Number.POSITIVE_INFINITY,
    after = 0,
    groupIds,
    limit,
  }: Parameters<RecordManager["listKeys"]>[0] = {}): Promise<string[]> {
    const keys = [...this.#records].flatMap(([key, { updatedAt, groupId }]) =>
      updatedAt < before && updatedAt > after && (!groupIds || groupIds.includes(groupId))
        ? [key]
        : [],
    );
    return keys.slice(0, limit);
  }

  async deleteKeys(keys: string[]): Promise<void> {
    for (const key of keys) this.#records.delete(key);
  }
}
