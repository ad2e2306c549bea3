import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import {
  BaseLLM,
  type ChatMessage,
  type ChatResponse,
  type ChatResponseChunk,
  type LLMMetadata,
} from "@llamaindex/core/llms";
import { extractText } from "@llamaindex/core/utils";
import {
  DocStoreStrategy,
  Document,
  IngestionPipeline,
  MetadataMode,
  NodeRelationship,
  SentenceSplitter,
  Settings,
  SimpleDocumentStore,
  storageContextFromDefaults,
  type TextNode,
  VectorStoreIndex,
  VectorStoreQueryMode,
} from "llamaindex";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { EmbeddingGemmaEmbedding } from "./embedding.ts";
import { FaissVectorStore } from "./faiss-vector-store.ts";

const question = "Which planet is known as the Red Planet?";
const texts = {
  mars: "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
  venus: "Venus is often called Earth's twin because of its similar size and proximity.",
  saturn: "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
};

describe("LlamaIndex with this package", () => {
  let embedder: Embedder;
  let folder: string;

  beforeAll(async () => {
    embedder = await Embedder.load(modelPath);
    folder = await mkdtemp(join(tmpdir(), "llamaindex-host-"));
  });
  afterAll(async () => {
    await embedder.dispose();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    Settings.embedModel = new EmbeddingGemmaEmbedding({ embedder });
  });

  const newIndex = async (documents = documentsOf(texts)) => {
    const vectorStore = new FaissVectorStore();
    const storageContext = await storageContextFromDefaults({ vectorStore });
    return VectorStoreIndex.fromDocuments(documents, { storageContext });
  };
  const contentsOf = async (vectorStore: FaissVectorStore) => {
    const index = await VectorStoreIndex.fromVectorStore(vectorStore);
    const found = await index.asRetriever({ similarityTopK: 100 }).retrieve(question);
    return found.map(({ node }) => node.getContent(MetadataMode.NONE)).toSorted();
  };

  describe("an IngestionPipeline", () => {
    const pipelineOf = async (vectorStore: FaissVectorStore, docStoreStrategy: DocStoreStrategy) =>
      new IngestionPipeline({
        transformations: [
          new SentenceSplitter({
            chunkSize: 64,
            chunkOverlap: 0,
            tokenizer: await embeddingOf().tokenizer(),
          }),
          Settings.embedModel,
        ],
        vectorStore,
        docStore: new SimpleDocumentStore(),
        docStoreStrategy,
      });

    it("splits by the model's tokens and keeps relationships and metadata", async () => {
      const vectorStore = new FaissVectorStore();
      const pipeline = await pipelineOf(vectorStore, DocStoreStrategy.UPSERTS);
      const long = Object.values(texts).join(" ").repeat(3);
      const made = await pipeline.run({
        documents: [new Document({ id_: "long", text: long, metadata: { lang: "en" } })],
      });
      expect(made.length).toBeGreaterThan(2);
      for (const node of made) {
        expect(
          embedder.tokenizer.encode(node.getContent(MetadataMode.NONE)).length,
        ).toBeLessThanOrEqual(64);
      }
      const index = await VectorStoreIndex.fromVectorStore(vectorStore);
      const found = await index.asRetriever({ similarityTopK: 100 }).retrieve(question);
      expect(found).toHaveLength(made.length);
      for (const { node } of found) {
        const original = made.find(({ id_ }) => id_ === node.id_)!;
        expect(node.metadata).toEqual({ lang: "en" });
        expect(node.sourceNode?.nodeId).toBe("long");
        expect(node.relationships[NodeRelationship.NEXT]).toEqual(
          original.relationships[NodeRelationship.NEXT],
        );
      }
    });

    it("embeds only changed documents and deletes missing ones", async () => {
      const vectorStore = new FaissVectorStore();
      const pipeline = await pipelineOf(vectorStore, DocStoreStrategy.UPSERTS_AND_DELETE);
      expect(await pipeline.run({ documents: documentsOf(texts) })).toHaveLength(3);
      expect(await pipeline.run({ documents: documentsOf(texts) })).toHaveLength(0);
      const changed = { ...texts, venus: "Venus is the hottest planet." };
      const embedded = await pipeline.run({ documents: documentsOf(changed) });
      expect(embedded.map((node) => node.sourceNode?.nodeId)).toEqual(["venus"]);
      expect(await contentsOf(vectorStore)).toEqual(Object.values(changed).toSorted());
    });

    it("uses cached embeddings", async () => {
      const encode = vi.spyOn(embedder, "encodeDocument");
      const pipeline = new IngestionPipeline({ transformations: [Settings.embedModel] });
      const first = await pipeline.run({ documents: documentsOf(texts) });
      const embeddings = first.map((node) => node.embedding);
      const second = await pipeline.run({ documents: documentsOf(texts) });
      expect(second.map((node) => node.embedding)).toEqual(embeddings);
      expect(encode).toHaveBeenCalledTimes(1);
      encode.mockRestore();
    });
  });

  it("adds nothing after an abort, and all in the next run", async () => {
    const persistDir = join(folder, "aborted");
    const reason = new Error("enough");
    const documents = documentsOf(
      Object.fromEntries(Array.from({ length: 30 }, (_, row) => [`${row}`, `planet ${row}`])),
    );
    const run = async (embedModel: EmbeddingGemmaEmbedding) => {
      Settings.embedModel = embedModel;
      const vectorStore = await FaissVectorStore.fromPersistDir(persistDir);
      const storageContext = await storageContextFromDefaults({ persistDir, vectorStore });
      await VectorStoreIndex.fromDocuments(documents, { storageContext });
      return (await vectorStore.client()).size;
    };
    const controller = new AbortController();
    const stopped = new EmbeddingGemmaEmbedding({
      embedder,
      batchSize: 10,
      signal: controller.signal,
      onEncodeProgress: () => controller.abort(reason),
    });
    await expect(run(stopped)).rejects.toBe(reason);
    expect(await run(new EmbeddingGemmaEmbedding({ embedder }))).toBe(30);
  });

  it("persists a VectorStoreIndex through a storage context and reopens it", async () => {
    const persistDir = join(folder, "storage");
    const open = async () =>
      storageContextFromDefaults({
        persistDir,
        vectorStore: await FaissVectorStore.fromPersistDir(persistDir),
      });
    const first = await VectorStoreIndex.fromDocuments(documentsOf(texts), {
      storageContext: await open(),
    });
    const before = await first.asRetriever({ similarityTopK: 3 }).retrieve(question);
    const second = await VectorStoreIndex.init({ storageContext: await open() });
    const after = await second.asRetriever({ similarityTopK: 3 }).retrieve(question);
    expect(after.map(({ node, score }) => [node.id_, score])).toEqual(
      before.map(({ node, score }) => [node.id_, score]),
    );
    expect(after.map(({ node }) => node.toJSON())).toEqual(
      before.map(({ node }) => ({ ...node.toJSON() })),
    );
    await second.deleteRefDoc("mars");
    expect(await contentsOf(await FaissVectorStore.fromPersistDir(persistDir))).toEqual([
      texts.saturn,
      texts.venus,
    ]);
  });

  it("retrieves in mode mmr and with filters", async () => {
    const index = await newIndex(documentsOf({ ...texts, again: texts.mars }));
    const diverse = await index
      .asRetriever({ similarityTopK: 2, mode: VectorStoreQueryMode.MMR })
      .retrieve(question);
    expect(new Set(diverse.map(({ node }) => (node as TextNode).text)).size).toBe(2);
    const relevant = index.asRetriever({
      similarityTopK: 2,
      mode: VectorStoreQueryMode.MMR,
      customParams: { mmrThreshold: 1, fetchK: 3 },
    });
    expect((await relevant.retrieve(question)).map(({ node }) => (node as TextNode).text)).toEqual([
      texts.mars,
      texts.mars,
    ]);
    const filters = {
      filters: [{ key: "name", operator: "in" as const, value: ["venus", "saturn"] }],
    };
    const found = await index.asRetriever({ similarityTopK: 4, filters }).retrieve(question);
    expect(found.map(({ node }) => node.metadata.name)).toEqual(["saturn", "venus"]);
  });

  it("inserts into an index and deletes from it", async () => {
    const index = await newIndex();
    await index.insert(
      new Document({ id_: "pluto", text: "Pluto is a dwarf planet, far from the sun." }),
    );
    const pluto = await index.asRetriever({ similarityTopK: 1 }).retrieve("What is Pluto?");
    expect(pluto[0]!.node.sourceNode?.nodeId).toBe("pluto");
    await index.deleteRefDoc("pluto");
    const left = await index.asRetriever({ similarityTopK: 10 }).retrieve("What is Pluto?");
    expect(left.map(({ node }) => node.sourceNode?.nodeId).toSorted()).toEqual([
      "mars",
      "saturn",
      "venus",
    ]);
  });

  it("answers through a query engine with sources", async () => {
    const llm = new ScriptedLLM();
    Settings.llm = llm;
    const engine = (await newIndex()).asQueryEngine({ similarityTopK: 1 });
    const response = await engine.query({ query: question });
    expect(response.message.content).toBe("It is Mars.");
    expect(response.sourceNodes?.map(({ node }) => node.sourceNode?.nodeId)).toEqual(["mars"]);
    expect(llm.lastPrompt).toContain(texts.mars);
    expect(llm.lastPrompt).not.toContain(texts.venus);
    const chunks: string[] = [];
    for await (const chunk of await engine.query({ query: question, stream: true }))
      chunks.push(chunk.delta);
    expect(chunks.join("")).toBe("It is Mars.");
  });

  it("answers through a chat engine", async () => {
    const llm = new ScriptedLLM();
    Settings.llm = llm;
    const engine = (await newIndex()).asChatEngine({ similarityTopK: 1 });
    const response = await engine.chat({ message: question });
    expect(response.message.content).toBe("It is Mars.");
    expect(llm.lastPrompt).toContain(texts.mars);
    await engine.chat({ message: "Which one has rings?" });
    expect(llm.lastPrompt).toContain(texts.saturn);
  });

  function embeddingOf(): EmbeddingGemmaEmbedding {
    return Settings.embedModel as EmbeddingGemmaEmbedding;
  }
});

function documentsOf(contents: Record<string, string>): Document[] {
  return Object.entries(contents).map(
    ([id_, text]) =>
      new Document({ id_, text, metadata: { name: id_ }, excludedEmbedMetadataKeys: ["name"] }),
  );
}

/** Always gives the same answer and records the last prompt. */
class ScriptedLLM extends BaseLLM {
  metadata: LLMMetadata = {
    model: "scripted",
    temperature: 0,
    topP: 1,
    contextWindow: 4096,
    tokenizer: undefined,
    structuredOutput: false,
  };
  lastPrompt = "";

  chat(params: {
    messages: ChatMessage[];
    stream: true;
  }): Promise<AsyncIterable<ChatResponseChunk>>;
  chat(params: { messages: ChatMessage[]; stream?: false }): Promise<ChatResponse>;
  async chat({
    messages,
    stream,
  }: {
    messages: ChatMessage[];
    stream?: boolean;
  }): Promise<ChatResponse | AsyncIterable<ChatResponseChunk>> {
    this.lastPrompt = messages.map(({ content }) => extractText(content)).join("\n");
    if (stream) return chunksOf(["It is ", "Mars."]);
    return { message: { role: "assistant", content: "It is Mars." }, raw: null };
  }
}

async function* chunksOf(deltas: string[]): AsyncIterable<ChatResponseChunk> {
  for (const delta of deltas) yield { delta, raw: null };
}
