import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { FaissStore as CoreStore } from "@embeddinggemma/faiss";
import { warningsOf as allWarningsOf } from "@embeddinggemma/internal/testing";
import { modelPath } from "@embeddinggemma/tiny-model";
import { BaseEmbedding } from "@llamaindex/core/embeddings";
import {
  DocStoreStrategy,
  Document,
  ImageNode,
  IngestionPipeline,
  SentenceSplitter,
  Settings,
  SimpleDocumentStore,
  storageContextFromDefaults,
  TextNode,
  VectorStoreIndex,
  VectorStoreQueryMode,
} from "llamaindex";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EmbeddingGemmaEmbedding } from "./embedding.ts";
import { FaissVectorStore } from "./faiss-vector-store.ts";

const question = "Which planet is red?";

/** Unit vectors that depend on the text only by its length. It has no identity. */
class ByLength extends BaseEmbedding {
  // biome-ignore lint/complexity/noUselessConstructor: that of the base class is protected
  constructor() {
    super();
  }
  getTextEmbedding = async (text: string) => {
    const numbers = Array.from({ length: 768 }, (_, index) => Math.sin((index + 1) * text.length));
    const length = Math.hypot(...numbers);
    return numbers.map((number) => number / length);
  };
}

let embedder: Embedder;
let folder: string;
let persistDir: string;
beforeAll(async () => {
  embedder = await Embedder.load(modelPath);
});
afterAll(() => embedder.dispose());
beforeEach(async () => {
  Settings.embedModel = new EmbeddingGemmaEmbedding({ embedder });
  folder = await mkdtemp(join(tmpdir(), "llamaindex-storage-"));
  persistDir = join(folder, "storage");
  return () => rm(folder, { recursive: true });
});

const documentsOf = (...names: string[]) =>
  names.map((name) => new Document({ id_: name, text: `${name} is a planet.` }));

/** Stores documents as a program does at each start, and counts what it finds. */
async function ingest(
  documents: Document[],
  vectorStore?: FaissVectorStore,
  docStoreStrategy?: DocStoreStrategy,
): Promise<number> {
  const storageContext = await storageContextFromDefaults({
    persistDir,
    ...(vectorStore && { vectorStore }),
  });
  const index = await VectorStoreIndex.fromDocuments(documents, {
    storageContext,
    ...(docStoreStrategy && { docStoreStrategy }),
  });
  return (await index.asRetriever({ similarityTopK: 10 }).retrieve(question)).length;
}

async function warningsOf(action: () => Promise<unknown>): Promise<string[]> {
  const warnings = await allWarningsOf(action);
  return warnings
    .filter(({ code }) => code === "EMBEDDINGGEMMA_MISSING_NODES")
    .map(({ message }) => message);
}

describe("nodes that queries cannot find", () => {
  it("are told once, with the document store that lists their documents", async () => {
    expect(await ingest(documentsOf("Mars", "Venus"))).toBe(2);
    const warnings = await warningsOf(async () => {
      const vectorStore = await FaissVectorStore.fromPersistDir(persistDir);
      expect(await ingest(documentsOf("Mars", "Venus"), vectorStore)).toBe(0);
      expect(await ingest(documentsOf("Mars", "Venus"), vectorStore)).toBe(0);
    });
    expect(warnings).toEqual([
      expect.stringMatching(
        /is empty: it has no nodes of 2 documents .*"Mars", "Venus".*new, empty folder.*delete/,
      ),
    ]);
    expect(warnings[0]).toContain(join(persistDir, "doc_store.json"));
    const lazy = await warningsOf(() =>
      ingest(documentsOf("Mars"), new FaissVectorStore({ persistDir })),
    );
    expect(lazy).toEqual([expect.stringMatching(/store is empty/)]);
    persistDir = join(folder, "new");
    const cured = await warningsOf(async () => {
      const vectorStore = await FaissVectorStore.fromPersistDir(persistDir);
      expect(await ingest(documentsOf("Mars", "Venus"), vectorStore)).toBe(2);
    });
    expect(cured).toEqual([]);
  });

  it("are told when an empty store is opened, before a run adds some of them", async () => {
    await ingest(documentsOf("Mars", "Venus"), await FaissVectorStore.fromPersistDir(persistDir));
    await rm(join(persistDir, "faiss_vector_store"), { recursive: true });
    const warnings = await warningsOf(async () => {
      const vectorStore = await FaissVectorStore.fromPersistDir(persistDir);
      expect(await ingest(documentsOf("Mars", "Venus", "Pluto"), vectorStore)).toBe(1);
    });
    expect(warnings).toEqual([expect.stringMatching(/is empty: it has no nodes of 2 documents/)]);
  });

  it("are not told of a store for images, beside one with a namespace", async () => {
    const namespace = "text";
    const texts = await FaissVectorStore.fromPersistDir(persistDir, { namespace });
    await ingest(documentsOf("Mars"), texts);
    const images = () => FaissVectorStore.fromPersistDir(persistDir);
    expect(await warningsOf(images)).toEqual([]);
  });

  it("are told when a folder is opened, with the ids of all documents", async () => {
    await ingest(documentsOf("Jupiter"), new FaissVectorStore({ persistDir }));
    await ingest(documentsOf("Mars", "Venus", "Earth", "Pluto"), new FaissVectorStore());
    const warnings = await allWarningsOf(async () => {
      const vectorStore = await FaissVectorStore.fromPersistDir(persistDir);
      await (await VectorStoreIndex.fromVectorStore(vectorStore)).asRetriever().retrieve(question);
    });
    expect(warnings).toMatchObject([
      {
        code: "EMBEDDINGGEMMA_MISSING_NODES",
        message: expect.stringMatching(/of 4 documents .*: "Mars", "Venus", "Earth", …\./),
        details: { refDocIds: ["Mars", "Venus", "Earth", "Pluto"] },
      },
    ]);
  });

  it("come back as the page says if the document store lists nodes, too", async () => {
    const documents = documentsOf("Mars", "Venus");
    await ingest(documents); // a SimpleVectorStore, for which LlamaIndex lists the nodes
    const vectorStore = new FaissVectorStore({ persistDir });
    const { docStore } = await storageContextFromDefaults({ persistDir, vectorStore });
    const listed = Object.values(await docStore.docs());
    expect(listed).toHaveLength(4);
    const ofMars = listed.filter(({ sourceNode }) => sourceNode?.nodeId === "Mars");
    await vectorStore.add(await embedded(...(ofMars as TextNode[])));
    // The loop of docs/reference/troubleshooting.md.
    const stored = new Set(Array.from(await vectorStore.client(), ({ record }) => record.refDocId));
    for (const [id, document] of Object.entries(await docStore.docs()))
      if (!stored.has(document.sourceNode?.nodeId ?? id)) await docStore.deleteDocument(id, false);
    expect(await ingest(documents, vectorStore)).toBe(2);
    expect((await vectorStore.client()).has(ofMars[0]!.id_)).toBe(true);
  });

  it("are told if some documents are missing, and after the store was deleted", async () => {
    await ingest(documentsOf("Mars", "Venus"));
    const open = () => FaissVectorStore.fromPersistDir(persistDir);
    const some = await warningsOf(async () => {
      expect(await ingest(documentsOf("Mars", "Venus", "Pluto"), await open())).toBe(1);
    });
    expect(some).toEqual([
      expect.stringMatching(/is empty: it has no nodes of 2 documents.*docStore.deleteDocument/),
    ]);
    await rm(join(persistDir, "faiss_vector_store"), { recursive: true });
    const all = await warningsOf(async () => {
      expect(await ingest(documentsOf("Mars", "Venus", "Pluto"), await open())).toBe(0);
    });
    expect(all).toEqual([expect.stringMatching(/is empty: it has no nodes of 3 documents/)]);
  });

  it("are told if deleteRefDoc failed halfway, and come back as the page says", async () => {
    const documents = documentsOf("Mars", "Venus");
    const open = () => FaissVectorStore.fromPersistDir(persistDir);
    await ingest(documents, await open());
    const withoutDocuments = await VectorStoreIndex.fromVectorStore(await open());
    // docs/reference/troubleshooting.md has this message.
    await expect(withoutDocuments.deleteRefDoc("Mars")).rejects.toThrow(
      "Cannot use 'in' operator to search for 'Mars' in undefined",
    );
    const halfway = await warningsOf(async () => {
      expect(await ingest(documents, await open())).toBe(1);
    });
    expect(halfway).toEqual([expect.stringMatching(/has no nodes of 1 document .*"Mars"/)]);
    const storageContext = await storageContextFromDefaults({
      persistDir,
      vectorStore: await open(),
    });
    await (await VectorStoreIndex.init({ storageContext })).deleteRefDoc("Mars");
    expect(await ingest(documents, await open())).toBe(2);
  });

  it("are told if the vector store is in memory, but the document store is saved", async () => {
    const first = await warningsOf(() => ingest(documentsOf("Mars"), new FaissVectorStore()));
    expect(first).toEqual([]);
    const second = await warningsOf(() => ingest(documentsOf("Mars"), new FaissVectorStore()));
    expect(second).toEqual([expect.stringMatching(/is empty.*in memory only.*persistDir/)]);
  });

  it("are told if the folder does not exist", async () => {
    const mistyped = await warningsOf(async () => {
      const vectorStore = await FaissVectorStore.fromPersistDir(join(folder, "storrage"));
      const index = await VectorStoreIndex.fromVectorStore(vectorStore);
      await index.asRetriever().retrieve(question);
    });
    expect(mistyped).toEqual([expect.stringMatching(/storrage does not exist/)]);
  });

  it("are not told of without reason", async () => {
    const quiet = async () => {
      await ingest([], await FaissVectorStore.fromPersistDir(persistDir));
      await ingest(documentsOf("Mars"), await FaissVectorStore.fromPersistDir(persistDir));
      await ingest(documentsOf("Mars"), await FaissVectorStore.fromPersistDir(persistDir));
      await ingest(
        [new Document({ text: " " })],
        await FaissVectorStore.fromPersistDir(persistDir),
      );
      const vectorStore = await FaissVectorStore.fromPersistDir(persistDir);
      const storageContext = await storageContextFromDefaults({ persistDir, vectorStore });
      const index = await VectorStoreIndex.init({ storageContext });
      await index.deleteRefDoc("Mars");
      await index.asRetriever().retrieve(question);
      await ingest([], await FaissVectorStore.fromPersistDir(persistDir));
      const inMemory = new FaissVectorStore();
      await inMemory.add(await embedded(new TextNode({ id_: "a", text: "a" })));
      await inMemory.delete("a");
      await (await VectorStoreIndex.fromVectorStore(inMemory)).asRetriever().retrieve(question);
    };
    expect(await warningsOf(quiet)).toEqual([]);
  });
});

describe("nodes that are stored twice", () => {
  const open = () => FaissVectorStore.fromPersistDir(persistDir);

  it("are told once, after another program has overwritten the list of documents", async () => {
    const documents = documentsOf("Mars", "Venus", "Earth", "Pluto", "Saturn");
    const first = await open();
    const other = await storageContextFromDefaults({ persistDir, vectorStore: await open() });
    await ingest(documents.slice(0, 4), first);
    await expect(
      VectorStoreIndex.fromDocuments(documents.slice(4), { storageContext: other }),
    ).rejects.toThrow("Do not run it again");
    const third = await open();
    const warnings = await allWarningsOf(() => ingest(documents, third));
    expect(warnings).toMatchObject([
      {
        code: "EMBEDDINGGEMMA_DUPLICATE_NODES",
        message: expect.stringMatching(/of 4 documents twice: "Mars", "Venus", "Earth", …\./),
        details: { refDocIds: ["Mars", "Venus", "Earth", "Pluto"] },
      },
    ]);
    expect((await third.client()).size).toBe(9);
  });

  it("are told of in the run before, if the document store lists nodes", async () => {
    const documents = () => [
      new Document({ id_: "Mars", text: "Mars", metadata: { seen: new Date(0) } }),
      new Document({ id_: "Venus", text: "Venus", excludedEmbedMetadataKeys: ["moons"] }),
    ];
    await ingest(documents()); // a SimpleVectorStore, for which LlamaIndex lists the nodes
    const { docStore } = await storageContextFromDefaults({ persistDir });
    const nodes = Object.values(await docStore.docs()).filter(({ sourceNode }) => sourceNode);
    await (await open()).add(await embedded(...(nodes as TextNode[])));
    const run = async () => {
      const vectorStore = await open();
      await ingest(documents(), vectorStore, DocStoreStrategy.UPSERTS_AND_DELETE).catch(() => {});
      return (await vectorStore.client()).size;
    };
    const first = await allWarningsOf(async () => {
      expect(await run()).toBe(2);
    });
    expect(first).toMatchObject([
      {
        code: "EMBEDDINGGEMMA_DUPLICATE_NODES",
        message: expect.stringMatching(/doc_store\.json lists nodes/),
      },
    ]);
    const second = await allWarningsOf(async () => {
      expect(await run()).toBe(4);
    });
    expect(second).toMatchObject([
      { code: "EMBEDDINGGEMMA_DUPLICATE_NODES", details: { refDocIds: ["Mars", "Venus"] } },
    ]);
    // As errors.md says.
    const storageContext = await storageContextFromDefaults({
      persistDir,
      vectorStore: await open(),
    });
    const index = await VectorStoreIndex.init({ storageContext });
    for (const { id_ } of documents()) await index.deleteRefDoc(id_);
    for (let again = 0; again < 3; again++) expect(await run()).toBe(2);
  });

  it("are told if two documents of a call have the same id", async () => {
    const documents = ["one", "two"].map((text) => new Document({ id_: "same", text }));
    const vectorStore = new FaissVectorStore();
    const warnings = await allWarningsOf(() =>
      ingest([...documents, ...documentsOf("Mars")], vectorStore),
    );
    expect(warnings).toMatchObject([
      {
        code: "EMBEDDINGGEMMA_DUPLICATE_NODES",
        message: expect.stringMatching(/the same id: "same"\./),
        details: { refDocIds: ["same"] },
      },
    ]);
  });

  it("are stored once after what errors.md says", async () => {
    const documents = documentsOf("Mars", "Venus");
    await ingest(documents, await open());
    await rm(join(persistDir, "doc_store.json"));
    const warnings = await allWarningsOf(async () => ingest(documents, await open()));
    const [{ details }] = warnings as unknown as [{ details: { refDocIds: string[] } }];
    const storageContext = await storageContextFromDefaults({
      persistDir,
      vectorStore: await open(),
    });
    const index = await VectorStoreIndex.init({ storageContext });
    for (const id of details.refDocIds) await index.deleteRefDoc(id);
    expect(await allWarningsOf(async () => ingest(documents, await open()))).toEqual([]);
    expect((await (await open()).client()).size).toBe(2);
  });

  it("are not told of without reason", async () => {
    const [mars] = documentsOf("Mars");
    const part = (id: string, text: string) => {
      const node = new TextNode({ id_: id, text });
      node.relationships = { SOURCE: mars!.asRelatedNodeInfo() };
      return node;
    };
    const quiet = async () => {
      await ingest([mars!], await open());
      await ingest([new Document({ id_: "Mars", text: "Mars is red." })], await open());
      await (await open()).add(await embedded(part("a", "Mars"), part("b", "Mars")));
      await (await open()).add(await embedded(part("a", "Mars"), part("c", "Its moons")));
      await (await open()).add(await embedded(part("a", "New"), part("d", "Mars")));
      await (await open()).add(await embedded(new TextNode({ text: "Mars" })));
    };
    expect(await allWarningsOf(quiet)).toEqual([]);
  });
});

describe("nodes that are refused", () => {
  it("are named, and the error says how a pipeline gets the others", async () => {
    const run = async (price: number) => {
      const docStore = await SimpleDocumentStore.fromPersistDir(persistDir);
      const pipeline = new IngestionPipeline({
        transformations: [new SentenceSplitter(), Settings.embedModel],
        vectorStore: await FaissVectorStore.fromPersistDir(persistDir),
        docStore,
      });
      const documents = documentsOf("Mars", "Venus", "Pluto");
      documents[1]!.metadata = { price };
      try {
        await pipeline.run({ documents });
      } catch (error) {
        const { refDocIds } = (error as { details: { refDocIds: string[] } }).details;
        for (const id of refDocIds) await docStore.deleteDocument(id, false);
        throw error;
      }
    };
    await expect(run(Number.NaN)).rejects.toMatchObject({
      code: "INVALID_RECORD",
      message: expect.stringMatching(
        /^Because of node 1 \("[^"]+", of document "Venus"\), none of the 3 nodes was added\./,
      ),
      details: { position: 1, refDocId: "Venus", refDocIds: ["Mars", "Venus", "Pluto"] },
    });
    await expect(run(Number.NaN)).rejects.toThrow(
      /NaN.*docStore\.deleteDocument\(id, false\).*: "Mars", "Venus", "Pluto"\.$/,
    );
    await run(1);
    expect((await (await FaissVectorStore.fromPersistDir(persistDir)).client()).size).toBe(3);
  });

  it("are added by the next run of fromDocuments, as the error says", async () => {
    const run = async (price: number) => {
      const documents = documentsOf("Mars", "Venus", "Pluto");
      documents[1]!.metadata = { price };
      await ingest(documents, await FaissVectorStore.fromPersistDir(persistDir));
    };
    await expect(run(Number.NaN)).rejects.toThrow(
      "If this was VectorStoreIndex.fromDocuments, you can simply run it again.",
    );
    await run(1);
    expect((await (await FaissVectorStore.fromPersistDir(persistDir)).client()).size).toBe(3);
  });

  it("are not simply added again if another program has saved, as the error says", async () => {
    const open = () => FaissVectorStore.fromPersistDir(persistDir);
    const [first, second] = [await open(), await open()];
    await ingest(documentsOf("Mars"), first);
    await expect(ingest(documentsOf("Venus"), second)).rejects.toMatchObject({
      code: "STORE_CHANGED",
      message: expect.stringMatching(
        /Do not run it again.*doc_store\.json.*reference\/troubleshooting\.md#store_changed/,
      ),
    });
  });

  it.each([
    ["DIMENSION_MISMATCH", (vector: number[]) => vector.slice(1)],
    ["INVALID_VECTOR", (vector: number[]) => vector.with(7, Number.NaN)],
    ["INVALID_VECTOR", (vector: number[]) => vector.map(() => 0)],
  ])("are named in %s", async (code, spoil) => {
    const nodes = await embedded(
      new TextNode({ id_: "a", text: "a" }),
      new TextNode({ id_: "b", text: "b" }),
    );
    nodes[1]!.embedding = spoil(nodes[1]!.getEmbedding());
    const vectorStore = new FaissVectorStore();
    await expect(vectorStore.add(nodes)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(
        /^Because of node 1 \("b"\), none of the 2 nodes was added\.(?!.*IngestionPipeline)/,
      ),
      details: { position: 1, id: "b", refDocIds: ["a", "b"] },
    });
    expect((await vectorStore.client()).size).toBe(0);
  });
});

describe("several stores of one storage context", () => {
  const texts = () => FaissVectorStore.fromPersistDir(persistDir);
  const image = () => new ImageNode({ id_: "mars.png", text: "a photo", image: "mars.png" });

  it("are apart if they have namespaces", async () => {
    const images = () =>
      FaissVectorStore.fromPersistDir(persistDir, {
        namespace: "image",
        embedModel: new ByLength(),
      });
    const vectorStores = { TEXT: await texts(), IMAGE: await images() };
    const storageContext = await storageContextFromDefaults({ vectorStores, persistDir });
    const nodes = [new TextNode({ id_: "mars", text: "Mars" }), image()];
    await VectorStoreIndex.init({ nodes, storageContext });
    expect((await (await texts()).client()).ids()).toEqual(["mars"]);
    expect((await (await images()).client()).ids()).toEqual(["mars.png"]);
    const elsewhere = join(folder, "elsewhere");
    await vectorStores.IMAGE.persist(elsewhere);
    await vectorStores.TEXT.persist(elsewhere);
    persistDir = elsewhere;
    expect((await (await texts()).client()).size).toBe(1);
    expect((await (await images()).client()).size).toBe(1);
  });

  it("do not overwrite each other, and the error names the namespace", async () => {
    const first = await texts();
    const second = await texts();
    await first.add(await embedded(new TextNode({ id_: "mars", text: "Mars" })));
    for (const change of [
      second.add(await embedded(image())),
      second.persist(),
      second.persist(persistDir, { lockTimeout: 1_000 }),
    ]) {
      const error: Error = await change.then(
        () => expect.unreachable(),
        (thrown) => thrown,
      );
      expect(error).toMatchObject({ code: "STORE_CHANGED" });
      expect(error.message).toContain("namespace");
      expect(error.message).not.toContain("overwrite");
    }
    expect((await second.client()).size).toBe(0);
    await second.persist(persistDir, { overwrite: true });
    expect((await (await texts()).client()).size).toBe(0);
  });
});

describe("what LlamaIndex (Python) has saved", () => {
  const node = {
    id_: "chunk",
    metadata: { page: 3 },
    relationships: { "1": { node_id: "mars.txt", node_type: "4", metadata: {} } },
    text: "Mars is red.",
    class_name: "TextNode",
  };
  const ask = async (store: FaissVectorStore, query = {}) =>
    store.query({
      queryEmbedding: await new ByLength().getTextEmbedding("Mars"),
      similarityTopK: 5,
      mode: VectorStoreQueryMode.DEFAULT,
      ...query,
    });
  const storeOf = async (...records: unknown[]) => {
    const store = await CoreStore.create<never>();
    const items = records.map((record, position) => ({
      id: `${position}`,
      vector: [1, ...Array<number>(767).fill(position)],
      record: record as never,
    }));
    await store.upsert(items);
    return new FaissVectorStore({ store, embedModel: new ByLength() });
  };

  it("is not hidden by a new store in its folder", async () => {
    await mkdir(persistDir);
    const file = join(persistDir, "default__vector_store.json");
    await writeFile(file, "IxFI");
    const refused = { code: "NOT_A_STORE", message: expect.stringContaining(file) };
    await expect(FaissVectorStore.fromPersistDir(persistDir)).rejects.toMatchObject(refused);
    await expect(FaissVectorStore.fromPersistDir(persistDir)).rejects.toThrow("loadFromPython");
    const vectorStore = new FaissVectorStore({ persistDir });
    await expect(ask(vectorStore)).rejects.toMatchObject(refused);
    await expect(vectorStore.delete("mars.txt")).rejects.toMatchObject(refused);
    await expect(vectorStore.add(await embedded(new TextNode()))).rejects.toMatchObject(refused);
    expect(await readFile(file, "utf8")).toBe("IxFI");
    const own = FaissVectorStore.fromPersistDir(persistDir, { namespace: "ts" });
    expect((await (await own).client()).size).toBe(0);
  });

  it.each([
    [{ verbosity: 1 }, /options are (?=.*persistDir)(?!.*(format|ids|embedding,|indexName|store))/],
    [{ persistDirectory: "x" }, /Did you mean `persistDir`/],
    [{ sourceNameSpace: "x" }, /Did you mean `sourceNamespace`/],
    [{ format: "faiss" }, /format must be left out here; "faiss" was given/],
    [{ indexId: 1 }, /indexId must be a string/],
    [{ store: {} }, /no option `store`/],
    [null, /options must be an object; null was given/],
  ])("refuses the options %j of an import before it reads anything", async (options, message) => {
    await expect(FaissVectorStore.loadFromPython(folder, options as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(message),
    });
  });

  it("is imported if the embedding model made its vectors", async () => {
    const titled = { ...node, metadata: { title: "Mars", page: 3 } };
    const pythonDir = join(folder, "python");
    await mkdir(pythonDir);
    const save = async (vectors: readonly ArrayLike<number>[]) => {
      const store = await CoreStore.create<null>();
      const ids = ["chunk", "plain"];
      const items = vectors.map((vector, row) => ({ id: ids[row]!, vector: Array.from(vector) }));
      await store.upsert(items.map((item) => ({ ...item, record: null })));
      await store.exportFaiss(join(pythonDir, "default__vector_store.json"));
      const nodes = { chunk: titled, plain: { ...node, id_: "plain" } };
      const data = Object.entries(nodes).map(([id, __data__]) => [id, { __data__ }]);
      const write = (file: string, content: object) =>
        writeFile(join(pythonDir, file), JSON.stringify(content));
      await write("docstore.json", { "docstore/data": Object.fromEntries(data) });
      const nodes_dict = { 0: "chunk", 1: "plain" };
      const index = { __type__: "vector_store", __data__: JSON.stringify({ nodes_dict }) };
      await write("index_store.json", { "index_store/data": { index } });
    };
    const texts = ["title: Mars\npage: 3\n\nMars is red.", "page: 3\n\nMars is red."];
    await save(await embedder.encodeDocument(texts));
    const loaded = await FaissVectorStore.loadFromPython(pythonDir, { persistDir });
    const { ids } = await loaded.query({
      queryEmbedding: Array.from(await embedder.encodeQuery(question)),
      similarityTopK: 2,
      mode: VectorStoreQueryMode.DEFAULT,
      docIds: ["mars.txt"],
    });
    expect(ids.toSorted()).toEqual(["chunk", "plain"]);
    const saved = await (await FaissVectorStore.fromPersistDir(persistDir)).client();
    expect(saved.identity).toBe(await (Settings.embedModel as EmbeddingGemmaEmbedding).identity());
    expect(saved.get("chunk")?.record.node.metadata).toEqual({ title: "Mars", page: 3 });
    await expect(FaissVectorStore.loadFromPython(pythonDir, { persistDir })).rejects.toMatchObject({
      code: "STORE_CHANGED",
    });

    await save([await new ByLength().getTextEmbedding("a"), await embedder.encodeQuery("b")]);
    await expect(FaissVectorStore.loadFromPython(pythonDir)).rejects.toMatchObject({
      code: "IDENTITY_MISMATCH",
    });
    const [, plain] = await embedder.encode(["", "page: 3\n\nMars is red."], { prompt: "" });
    await save([plain!, plain!]);
    await expect(FaissVectorStore.loadFromPython(pythonDir)).rejects.toMatchObject({
      code: "IDENTITY_MISMATCH",
      message: expect.stringContaining("embedded without a prompt"),
    });
    await save(await embedder.encodeQuery(texts));
    await expect(FaissVectorStore.loadFromPython(pythonDir)).rejects.toMatchObject({
      code: "IDENTITY_MISMATCH",
      message: expect.stringContaining("embedded as queries"),
    });
    const again = await FaissVectorStore.loadFromPython(pythonDir, { reembed: true });
    expect((await again.client()).identity).toBe(saved.identity);
    expect((await again.client()).size).toBe(2);
    const changed = await FaissVectorStore.loadFromPython(pythonDir, {
      reembed: true,
      toRecord: (json, id) =>
        id === "plain"
          ? new TextNode({ text: "Venus is hot.", metadata: { from: json.class_name } })
          : { ...json, text: `About ${id}` },
    });
    const records = [...(await changed.client())].map(({ record }) => record);
    expect(records).toMatchObject([
      { refDocId: "mars.txt", node: { id_: "chunk", text: "About chunk" } },
      { refDocId: "plain", node: { id_: "plain", metadata: { from: "TextNode" } } },
    ]);
    for (const [toRecord, code] of [
      [() => null, "INVALID_RECORD"],
      [5, "INVALID_ARGUMENT"],
    ]) {
      const loading = FaissVectorStore.loadFromPython(pythonDir, { toRecord } as never);
      await expect(loading).rejects.toMatchObject({ code });
    }
    await expect(
      FaissVectorStore.loadFromPython(pythonDir, { persistdir: "x" } as never),
    ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("answers, filters and deletes when it was imported", async () => {
    const vectorStore = await storeOf(node, { ...node, id_: "other", relationships: {} });
    const { nodes } = await ask(vectorStore);
    const sources = Object.fromEntries(
      nodes!.map((found) => [found.id_, found.sourceNode?.nodeId]),
    );
    expect(sources).toEqual({ chunk: "mars.txt", other: undefined });
    const filters = { filters: [{ key: "page", operator: "==" as const, value: 3 }] };
    expect((await ask(vectorStore, { filters, docIds: ["mars.txt"] })).ids).toEqual(["0"]);
    await vectorStore.delete("mars.txt");
    expect((await ask(vectorStore)).ids).toEqual(["1"]);
  });

  it.each([[{ text: "Mars is red." }], [{ pageContent: "Mars", metadata: {} }], [null]])(
    "refuses records such as %j",
    async (record) => {
      const refused = {
        code: "INVALID_RECORD",
        message: expect.stringMatching(/The record of item "0" in the store is no node/),
      };
      await expect(ask(await storeOf(record))).rejects.toMatchObject(refused);
      await expect(
        (await storeOf(record)).add(await embedded(new TextNode())),
      ).rejects.toMatchObject({ code: "INVALID_RECORD" });
      await expect((await storeOf(record)).delete("x")).rejects.toThrow(/is no node/);
      await expect(ask(await storeOf(node, record))).rejects.toThrow(/item "1".* is no node/);
    },
  );
});

describe("an embedModel that is not the one of Settings", () => {
  const indexOf = async (vectorStore: FaissVectorStore) => {
    const storageContext = await storageContextFromDefaults({ vectorStore });
    return VectorStoreIndex.fromDocuments(documentsOf("Mars"), { storageContext });
  };

  it("refuses the queries that the other model has embedded", async () => {
    const embedModel = Settings.embedModel;
    Settings.embedModel = new ByLength();
    const vectorStore = new FaissVectorStore({ embedModel });
    const index = await indexOf(vectorStore);
    const retrieve = () => index.asRetriever({ similarityTopK: 1 }).retrieve("Mars is a planet.");
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(retrieve()).rejects.toMatchObject({
        code: "IDENTITY_MISMATCH",
        message: expect.stringMatching(/Settings\.embedModel.*index\.embedModel = /),
        details: { nodes: "EmbeddingGemmaEmbedding", queries: "ByLength" },
      });
    }
    index.embedModel = vectorStore.embedModel;
    expect((await retrieve())[0]?.score).toBeGreaterThan(0.4);
  });

  it("answers if both are the same model, or if the caller embeds queries", async () => {
    const vectorStore = new FaissVectorStore({
      embedModel: new EmbeddingGemmaEmbedding({ embedder }),
    });
    const index = await indexOf(vectorStore);
    expect(await index.asRetriever().retrieve(question)).toHaveLength(1);
    Settings.embedModel = new ByLength();
    const { ids } = await vectorStore.query({
      queryStr: question,
      queryEmbedding: Array.from(await embedder.encodeDocument("an invented answer")),
      similarityTopK: 1,
      mode: VectorStoreQueryMode.DEFAULT,
    });
    expect(ids).toHaveLength(1);
  });
});

async function embedded<Nodes extends TextNode[]>(...nodes: Nodes): Promise<Nodes> {
  for (const node of nodes) node.text ||= "a text";
  await new EmbeddingGemmaEmbedding({ embedder })(nodes);
  return nodes;
}
