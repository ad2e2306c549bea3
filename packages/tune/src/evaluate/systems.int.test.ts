import { Embedder } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";
import { EmbeddingGemmaEmbeddings, FaissStore as LangChainStore } from "@embeddinggemma/langchain";
import { EmbeddingGemmaEmbedding, FaissVectorStore } from "@embeddinggemma/llamaindex";
import { modelPath } from "@embeddinggemma/tiny-model";
import { Document as LangChainDocument } from "@langchain/core/documents";
import {
  Document,
  Settings,
  storageContextFromDefaults,
  TextNode,
  VectorStoreIndex,
} from "llamaindex";
import { afterAll, expect, test } from "vitest";
import type { RetrievalData } from "../data/retrieval-data.ts";
import { evaluateRetrieval } from "./evaluate-retrieval.ts";
import type { EvaluationProgress } from "./retrieval-options.ts";

const corpus = {
  mars: "Mars is often called the Red Planet.",
  venus: "Venus is hot and cloudy.",
  saturn: "Saturn is famous for its rings.",
  bread: "Bread is baked from flour, water and yeast.",
  soup: "A soup of red lentils is ready in half an hour.",
};
const data: RetrievalData = {
  queries: {
    red: "Which planet is red?",
    rings: "Which planet has rings?",
    dinner: "What can I cook with lentils?",
    unknown: "Who wrote this?",
  },
  corpus,
  relevant: { red: ["mars"], rings: { saturn: 2, venus: 1 }, dinner: ["soup", "bread"] },
};

const embedder = await Embedder.load(modelPath);
afterAll(() => embedder.dispose());
const alone = await evaluateRetrieval(embedder, data);
const figures = alone.results[0]!;

/** The metrics of a system without similarity have other names. */
const plain = (metrics: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [name.replace("cosine_", ""), value]),
  );

const order = (rankings: ReadonlyMap<string, readonly (readonly [string, number])[]>) =>
  Array.from(rankings, ([query, hits]) => [query, hits.map(([id]) => id)]);

async function filledStore(ids: Readonly<Record<string, string>> = {}) {
  const vectors = await embedder.encodeDocument(Object.values(corpus));
  return FaissStore.create<{ of: string }>({ identity: embedder.identity }).then(async (store) => {
    const items = Object.keys(corpus).map((id, index) => ({
      id: ids[id] ?? id,
      vector: vectors[index]!,
      record: { of: id },
    }));
    await store.upsert(items);
    return store;
  });
}

async function langchainRetriever(toDocument: (id: string, text: string) => LangChainDocument) {
  const documents = Object.entries(corpus).map(([id, text]) => toDocument(id, text));
  const embeddings = new EmbeddingGemmaEmbeddings({ embedder });
  const store = await LangChainStore.fromDocuments(documents, embeddings);
  return store.asRetriever(5);
}

async function llamaindexRetriever(nodes: TextNode[]) {
  const embedModel = new EmbeddingGemmaEmbedding({ embedder });
  Settings.embedModel = embedModel;
  const vectorStore = new FaissVectorStore({ embedModel });
  const storageContext = await storageContextFromDefaults({ vectorStore });
  const index = await VectorStoreIndex.init({ nodes, storageContext });
  return index.asRetriever({ similarityTopK: 5 });
}

test("a store and retrievers have the figures of the embedder alone", async () => {
  await using store = await filledStore();
  const progress: EvaluationProgress[] = [];
  const systems = {
    embedder,
    faiss: { embedder, store },
    langchain: await langchainRetriever(
      (id, pageContent) => new LangChainDocument({ id, pageContent }),
    ),
    llamaindex: await llamaindexRetriever(
      Object.entries(corpus).map(([id, text]) => new TextNode({ id_: id, text })),
    ),
  };
  const report = await evaluateRetrieval(systems, data, {
    onProgress: (so) => progress.push(so),
  });
  expect(report.results.map(({ name }) => name)).toEqual(Object.keys(systems));
  const [core, faiss, ...retrievers] = report.results;
  expect(core).toEqual(figures);
  expect(faiss!.metrics).toEqual(figures.metrics);
  for (const result of [faiss!, ...retrievers]) {
    expect(order(result.rankings)).toEqual(order(figures.rankings));
    expect(result.perQuery).toEqual(figures.perQuery);
  }
  for (const { metrics } of retrievers) expect(metrics).toEqual(plain(figures.metrics));
  for (const [query, hits] of figures.rankings) {
    for (const other of [faiss!, report.results[3]!])
      for (const [place, [, score]] of other.rankings.get(query)!.entries())
        expect(score).toBeCloseTo(hits[place]![1], 5);
  }
  expect(report.results[2]!.rankings.get("red")!.map(([, score]) => score)).toEqual(
    [1, 2, 3, 4, 5].map((rank) => 1 / rank),
  );
  for (const system of Object.keys(systems))
    expect(progress.findLast((so) => so.system === system)).toMatchObject({
      done: system === "embedder" ? 8 : 3,
    });
  expect(String(report)).toContain("1 query is left out: no relevant documents.");
});

test("chunks of one document count once, and ids are found in several places", async () => {
  const chunks = (id: string, text: string) =>
    text
      .split(" is ")
      .map((part) => new LangChainDocument({ pageContent: part, metadata: { id } }));
  const embeddings = new EmbeddingGemmaEmbeddings({ embedder });
  const documents = Object.entries(corpus).flatMap(([id, text]) => chunks(id, text));
  const store = await LangChainStore.fromDocuments(documents, embeddings);
  const retriever = store.asRetriever(10);
  const { results } = await evaluateRetrieval(retriever, data);
  for (const [, hits] of results[0]!.rankings) {
    expect(hits.map(([id]) => id).sort()).toEqual(Object.keys(corpus).sort());
  }
  const source = await llamaindexRetriever(
    Object.entries(corpus).map(([id, text]) => {
      const document = new Document({ id_: id, text });
      return new TextNode({
        text,
        relationships: { SOURCE: document.asRelatedNodeInfo() },
      });
    }),
  );
  const ofNodes = await evaluateRetrieval(source, data);
  expect(order(ofNodes.results[0]!.rankings)).toEqual(order(figures.rankings));
});

test("documentId says which document a hit is", async () => {
  await using store = await filledStore({ mars: "mars#0" });
  const system = { embedder, store };
  await expect(evaluateRetrieval(system, data)).rejects.toMatchObject({
    code: "DATA_INVALID",
    message: expect.stringContaining('lacks 1 of the 5 documents of the corpus: "mars"'),
  });
  const { results } = await evaluateRetrieval(system, data, {
    documentId: ({ record }) => record.of,
  });
  expect(results[0]!.metrics).toEqual(figures.metrics);
});

test.each([{ source: "page 1" }, {}])(
  "a hit that is not in the corpus is refused",
  async (metadata) => {
    const retriever = await langchainRetriever(
      (_id, pageContent) => new LangChainDocument({ pageContent, metadata }),
    );
    await expect(evaluateRetrieval({ mine: retriever }, data)).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: expect.stringMatching(/^"mine" answered the query "red" with .* option documentId/),
    });
  },
);

test("a store of another model is refused", async () => {
  await using store = await filledStore();
  const other = { embedder: await Embedder.load(modelPath, { truncateDim: 256 }), store };
  await expect(evaluateRetrieval(other, data)).rejects.toMatchObject({ code: "IDENTITY_MISMATCH" });
  await other.embedder.dispose();
});

test("dimensions of a real model are those of embedders with this truncateDim", async () => {
  const { results } = await evaluateRetrieval(embedder, data, { truncateDims: [768, 128] });
  const short = await Embedder.load(modelPath, { truncateDim: 128 });
  const alone128 = await evaluateRetrieval(short, data);
  expect(results.map(({ metrics }) => metrics)).toEqual([
    figures.metrics,
    alone128.results[0]!.metrics,
  ]);
  await short.dispose();
});
