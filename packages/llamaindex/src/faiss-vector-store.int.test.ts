import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { FaissStore as CoreStore } from "@embeddinggemma/faiss";
import { warningsOf } from "@embeddinggemma/internal/testing";
import { modelPath as model } from "@embeddinggemma/tiny-model";
import { BaseEmbedding } from "@llamaindex/core/embeddings";
import {
  type BaseNode,
  Document,
  ImageNode,
  IndexNode,
  type Metadata,
  NodeRelationship,
  TextNode,
} from "@llamaindex/core/schema";
import {
  type FilterOperator,
  type VectorStoreQuery,
  VectorStoreQueryMode,
} from "@llamaindex/core/vector-store";
import { Settings, storageContextFromDefaults, VectorStoreIndex } from "llamaindex";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EmbeddingGemmaEmbedding } from "./embedding.ts";
import type { FaissQueryParams } from "./faiss-query.ts";
import { FaissVectorStore } from "./faiss-vector-store.ts";
import type { NodeRecord } from "./node-record.ts";

const question = "Which planet is known as the Red Planet?";
const planets = [
  {
    id_: "venus",
    text: "Venus is often called Earth's twin because of its similar size and proximity.",
    moons: 0,
  },
  {
    id_: "mars",
    text: "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
    moons: 2,
  },
  {
    id_: "jupiter",
    text: "Jupiter, the largest planet in our solar system, has a prominent red spot.",
    moons: 95,
  },
  {
    id_: "saturn",
    text: "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
    moons: 146,
  },
];

describe("FaissVectorStore", () => {
  let embedder: Embedder;
  let embedModel: EmbeddingGemmaEmbedding;
  let store: FaissVectorStore;
  let nodes: BaseNode[];
  let queryEmbedding: number[];
  let folder: string;

  beforeAll(async () => {
    embedder = await Embedder.load(model);
    embedModel = new EmbeddingGemmaEmbedding({ embedder });
    queryEmbedding = Array.from(await embedder.encodeQuery(question));
    folder = await mkdtemp(join(tmpdir(), "llamaindex-faiss-"));
  });
  afterAll(async () => {
    await embedder.dispose();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    Settings.embedModel = embedModel;
    nodes = await embedModel(planets.map(({ id_, text, moons }) => nodeFrom(id_, text, { moons })));
    store = new FaissVectorStore();
    await store.add(nodes);
  });

  const ask = (query: Partial<VectorStoreQuery<FaissQueryParams>> = {}) =>
    store.query({
      queryEmbedding,
      similarityTopK: 10,
      mode: VectorStoreQueryMode.DEFAULT,
      ...query,
    });

  it.each([768, 512, 256, 128])(
    "ranks Mars first in a VectorStoreIndex at %i dimensions",
    async (truncateDim) => {
      Settings.embedModel = new EmbeddingGemmaEmbedding({ embedder, truncateDim });
      const storageContext = await storageContextFromDefaults({
        vectorStore: new FaissVectorStore(),
      });
      const documents = planets.map(({ id_, text }) => new Document({ id_, text }));
      const index = await VectorStoreIndex.fromDocuments(documents, { storageContext });
      const ranked = await index.asRetriever({ similarityTopK: 4 }).retrieve(question);
      expect(ranked).toHaveLength(4);
      expect(ranked[0]!.node.sourceNode?.nodeId).toBe("mars");
      const query = await embedder.encodeQuery(question, { truncateDim });
      const mars = await embedder.encodeDocument(planets[1]!.text, { truncateDim });
      expect(ranked[0]!.score).toBeCloseTo(embedder.similarity(query, mars)[0]![0]!, 2);
    },
  );

  it("returns nodes, cosines and ids, best first", async () => {
    const { ids, similarities, nodes: found } = await ask({ similarityTopK: 2 });
    expect(ids[0]).toBe("mars");
    expect(ids).toHaveLength(2);
    expect(found!.map((node) => node.id_)).toEqual(ids);
    const vectors = nodes.map((node) => node.getEmbedding());
    const expected = embedder.similarity(queryEmbedding, vectors)[0]!.toSorted((a, b) => b - a);
    expect(similarities).toEqual(expected.slice(0, 2).map((score) => expect.closeTo(score, 5)));
  });

  it("returns nodes unchanged", async () => {
    const document = new Document<Metadata>({
      id_: "doc",
      text: "All of it.",
      metadata: { doc_id: "mine", deep: { list: [1, null] } },
    });
    const node = new TextNode<Metadata>({
      id_: "part",
      text: "A part. 🪐 火星",
      metadata: { title: "Part", year: 1976, tags: ["a", "b"], document_id: "kept" },
      excludedEmbedMetadataKeys: ["year"],
      excludedLlmMetadataKeys: ["tags"],
      startCharIdx: 3,
      endCharIdx: 10,
      metadataSeparator: " | ",
      relationships: {
        [NodeRelationship.SOURCE]: document.asRelatedNodeInfo(),
        [NodeRelationship.PREVIOUS]: { nodeId: "before", metadata: {} },
        [NodeRelationship.NEXT]: { nodeId: "after", metadata: { page: 2 } },
        [NodeRelationship.CHILD]: [{ nodeId: "child", metadata: {} }],
      },
    });
    const index = new IndexNode({ id_: "index", text: "Points elsewhere.", indexId: "other" });
    const before = [document, node, index].map((one) => one.clone());
    const fresh = new FaissVectorStore();
    await fresh.add(await embedModel([document, node, index]));
    const { nodes: after, ids } = await fresh.query({
      queryEmbedding,
      similarityTopK: 3,
      mode: VectorStoreQueryMode.DEFAULT,
    });
    for (const original of before) {
      const back = after![ids.indexOf(original.id_)]!;
      expect(back.constructor).toBe(original.constructor);
      expect(back.toJSON()).toEqual({ ...original.toJSON(), embedding: undefined });
    }
  });

  it("returns dates and the URLs of images as they were", async () => {
    const image = new ImageNode<Metadata>({
      id_: "photo",
      text: "A photo.",
      image: new URL("https://example.org/mars.png"),
      metadata: { taken: new Date("2024-05-01") },
    });
    const persistDir = join(folder, "image");
    const images = await FaissVectorStore.fromPersistDir(persistDir);
    await images.add(await embedModel([image]));
    for (const opened of [images, await FaissVectorStore.fromPersistDir(persistDir)]) {
      const { nodes: found } = await opened.query({
        queryEmbedding,
        similarityTopK: 1,
        mode: VectorStoreQueryMode.DEFAULT,
        filters: { filters: [{ key: "taken", operator: "<=", value: "2024-05-01" }] },
      });
      expect(found![0]).toBeInstanceOf(ImageNode);
      expect(found![0]!.toJSON()).toEqual({ ...image.toJSON(), embedding: undefined });
    }
  });

  it("refuses nodes that it could not return", async () => {
    class Sound extends TextNode {
      override get type(): never {
        return "SOUND" as never;
      }
    }
    const [sound] = await embedModel([new Sound({ id_: "song", text: "la" })]);
    await expect(store.add([nodes[0]!, sound!])).rejects.toThrow(
      'The type of node 1 ("song") must be a type of LlamaIndex; "SOUND" was given.',
    );
    const photo = new ImageNode({ id_: "photo", text: "x", image: new Blob(["x"]) });
    await expect(store.add(await embedModel([photo]))).rejects.toMatchObject({
      code: "INVALID_RECORD",
      details: { path: "record.node.image" },
    });
  });

  it("filters by metadata", async () => {
    const few = { filters: [{ key: "moons", operator: "<" as const, value: 90 }] };
    expect((await ask({ filters: few })).ids.toSorted()).toEqual(["mars", "venus"]);
    const either = {
      condition: "or" as const,
      filters: [
        { key: "moons", operator: "==" as const, value: 95 },
        { key: "moons", operator: "==" as const, value: 0 },
      ],
    };
    expect((await ask({ filters: either })).ids.toSorted()).toEqual(["jupiter", "venus"]);
    const retriever = (await VectorStoreIndex.fromVectorStore(store)).asRetriever({
      similarityTopK: 1,
      filters: either,
    });
    expect((await retriever.retrieve(question)).map(({ node }) => node.id_)).toEqual(["jupiter"]);
  });

  it("warns once of a filter that finds nothing since no node has its key", async () => {
    const filtersOf = (...keys: string[]) => ({
      filters: keys.map((key) => ({ key, operator: "==" as const, value: 2 })),
    });
    const mode = VectorStoreQueryMode.MMR;
    const warnings = await warningsOf(async () => {
      for (let run = 0; run < 2; run++)
        expect((await ask({ filters: filtersOf("moons", "moon") })).ids).toEqual([]);
      await ask({ filters: filtersOf("rings"), mode });
      await ask({ filters: filtersOf("doc_id") });
      await ask({ filters: { filters: [{ key: "age", operator: "is_empty" }] } });
    });
    expect(warnings).toMatchObject(
      [
        "The filter found nothing: no node has the metadata key `moon`. Did you mean `moons`?",
        "The filter found nothing: no node has the metadata key `rings`. The only key is `moons`.",
      ].map((message) => ({ code: "EMBEDDINGGEMMA_UNKNOWN_KEY", message })),
    );
  });

  it("warns once of a filter that finds nothing since no node has such a type", async () => {
    const only = (key: string, operator: `${FilterOperator}`, value: string | number) => ({
      filters: { filters: [{ key, operator, value }] },
    });
    const metadata = { tags: ["red"], at: new Date(0), author: "Ada" };
    await store.add(await embedModel([nodeFrom("x", "x", metadata)]));
    const warnings = await warningsOf(async () => {
      for (let run = 0; run < 2; run++)
        expect((await ask(only("moons", ">=", "2"))).ids).toEqual([]);
      await ask({ ...only("tags", "==", "red"), mode: VectorStoreQueryMode.MMR });
      await ask(only("at", ">", "01.02.2026"));
      await ask(only("author", "contains", "Ad"));
      await ask(only("moons", "==", 1000));
      await ask(only("doc_id", "==", 2));
    });
    expect(warnings).toMatchObject(
      [
        "a string under `moons`, but the nodes have numbers there. Pass a number.",
        "a string under `tags`, but the nodes have lists there. For a value in a list, use the " +
          "operator `contains`, `any` or `all`.",
        "a string under `at`, but the nodes have dates there. Write the date as in ISO 8601, " +
          'such as "2026-02-01", or pass a Date.',
        "a list under `author`, but the nodes have strings there. For values that are no lists, " +
          "use the operator `==` or `in`; for a part of a text, `text_match`.",
      ].map((end) => ({
        code: "EMBEDDINGGEMMA_FILTER_TYPE",
        message: `The filter found nothing: it looks for ${end}`,
      })),
    );
  });

  it("filters by the source document, by docIds and by its reserved keys", async () => {
    await store.add(await embedModel([nodeFrom("chunk", "Mars is cold.", {}, "report")]));
    expect((await ask({ docIds: ["report"] })).ids).toEqual(["chunk"]);
    expect((await ask({ docIds: ["mars", "venus"] })).ids.toSorted()).toEqual(["mars", "venus"]);
    expect((await ask({ docIds: [] })).ids).toEqual([]);
    const filters = { filters: [{ key: "ref_doc_id", operator: "==" as const, value: "report" }] };
    expect((await ask({ filters })).ids).toEqual(["chunk"]);
  });

  it("finds relevant and different nodes in mode mmr", async () => {
    const twins = planets.map(({ id_, text }) => nodeFrom(`${id_} again`, text));
    await store.add(await embedModel(twins));
    const mmr = { mode: VectorStoreQueryMode.MMR, similarityTopK: 2 };
    const { nodes: diverse } = await ask({ ...mmr, mmrThreshold: 0.5 });
    expect(new Set(diverse!.map((node) => (node as TextNode).text)).size).toBe(2);
    const { ids, similarities } = await ask({ ...mmr, mmrThreshold: 1 });
    expect({ ids, similarities }).toMatchObject(
      await ask({ similarityTopK: 2 }).then((result) => ({
        ids: result.ids,
        similarities: result.similarities,
      })),
    );
    expect((await ask({ ...mmr, customParams: { mmrThreshold: 1 } })).ids).toEqual(ids);
    expect(
      (await ask({ ...mmr, customParams: { fetchK: 2 }, mmrThreshold: 0 })).ids.toSorted(),
    ).toEqual(["mars", "mars again"]);
  });

  it.each([
    "sparse",
    "hybrid",
    "svm",
    "logistic_regression",
    "linear_regression",
    "semantic_hybrid",
  ])("rejects mode %s", async (mode) => {
    await expect(ask({ mode: mode as VectorStoreQueryMode })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(mode),
    });
  });

  it("replaces the node with the same id", async () => {
    await store.add(await embedModel([nodeFrom("mars", "Mars has two small moons.")]));
    const { nodes: found } = await ask();
    expect(found).toHaveLength(4);
    expect(
      found!.filter((node) => node.id_ === "mars").map((node) => (node as TextNode).text),
    ).toEqual(["Mars has two small moons."]);
  });

  it("keeps dates, also after a save, and compares them in filters", async () => {
    const landed = new Date("1976-07-20");
    const metadata = { landed, seen: [{ at: new Date(5) }] };
    const lander = nodeFrom("lander", "Viking 1", metadata, "doc");
    lander.relationships[NodeRelationship.SOURCE] = { nodeId: "doc", metadata: { landed } };
    await store.add(await embedModel([lander]));
    const persistDir = join(folder, "dates");
    await store.persist(persistDir);
    for (const one of [store, await FaissVectorStore.fromPersistDir(persistDir)]) {
      for (const value of ["1976-01-01", new Date("1976-01-01")]) {
        const filter = { key: "landed", operator: ">" as const, value: value as never };
        const { nodes: found } = await one.query({
          queryEmbedding,
          similarityTopK: 4,
          mode: VectorStoreQueryMode.DEFAULT,
          filters: { filters: [filter] },
        });
        expect(found).toHaveLength(1);
        expect(found![0]!.metadata).toEqual(metadata);
        expect(found![0]!.sourceNode!.metadata).toEqual({ landed });
        found![0]!.metadata.landed.setTime(0);
      }
    }
  });

  it("refuses nodes that cannot be stored, and stores none of the call", async () => {
    const [good, twin] = await embedModel([nodeFrom("x", "one"), nodeFrom("x", "two")]);
    const withMetadata = (metadata: Metadata) =>
      Object.assign(nodeFrom("y", "three", metadata), { embedding: good!.embedding });
    for (const [given, code, message] of [
      [[good, twin], "INVALID_ARGUMENT", 'The id "x" occurs 2 times in one call (items 0, 1)'],
      [
        [good, undefined],
        "INVALID_ARGUMENT",
        "nodes[1] must be a node of LlamaIndex; undefined was given.",
      ],
      [["Mars"], "INVALID_ARGUMENT", 'nodes[0] must be a node of LlamaIndex; "Mars" was given.'],
      [[Object.assign(nodeFrom("", ""), { id_: null })], "INVALID_ARGUMENT", "nodes[0].id_ must"],
      [
        [good, withMetadata({ price: Number.NaN })],
        "INVALID_RECORD",
        'Item 1 ("y") cannot be stored: record.node.metadata.price is NaN.',
      ],
      [
        [withMetadata({ source: new URL("http://a.b/") })],
        "INVALID_RECORD",
        "record.node.metadata.source is an object of the class URL. Store value.href.",
      ],
    ] as [BaseNode[], string, string][]) {
      await expect(store.add(given)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message),
      });
    }
    expect((await store.client()).ids()).toEqual(planets.map(({ id_ }) => id_));
  });

  it("deletes the nodes of a document, and a node without a source document", async () => {
    await store.add(
      await embedModel([nodeFrom("a", "one", {}, "doc"), nodeFrom("b", "two", {}, "doc")]),
    );
    await store.delete("doc");
    expect((await ask()).ids).toHaveLength(4);
    await store.delete("mars");
    await store.delete("unknown");
    expect((await ask()).ids.toSorted()).toEqual(["jupiter", "saturn", "venus"]);
    await store.add(nodes);
    expect((await ask()).ids[0]).toBe("mars");
  });

  it("changes and saves in the order of the calls, also while the model loads", async () => {
    const persistDir = join(folder, "order");
    const vectorStore = new FaissVectorStore({
      embedModel: new EmbeddingGemmaEmbedding({ model }),
    });
    const [venus, mars] = nodes;
    await Promise.all([
      vectorStore.add([mars!, venus!]),
      vectorStore.delete("mars"),
      vectorStore.persist(persistDir),
      vectorStore.delete("venus"),
    ]);
    const again = await FaissVectorStore.fromPersistDir(persistDir);
    expect((await again.client()).ids()).toEqual(["venus"]);
    expect((await vectorStore.client()).ids()).toEqual([]);
  });

  it("persists and opens again", async () => {
    const persistDir = join(folder, "explicit");
    await store.persist(persistDir);
    const again = await FaissVectorStore.fromPersistDir(persistDir);
    expect(
      await again.query({ queryEmbedding, similarityTopK: 4, mode: VectorStoreQueryMode.DEFAULT }),
    ).toEqual(await ask({ similarityTopK: 4 }));
  });

  it("saves every change to its persistDir, as LlamaIndex's other stores do", async () => {
    const persistDir = join(folder, "context");
    const run = async (texts: Record<string, string>) => {
      const vectorStore = await FaissVectorStore.fromPersistDir(persistDir);
      const storageContext = await storageContextFromDefaults({ persistDir, vectorStore });
      const documents = Object.entries(texts).map(([id_, text]) => new Document({ id_, text }));
      const index = await VectorStoreIndex.fromDocuments(documents, { storageContext });
      const found = await index.asRetriever({ similarityTopK: 10 }).retrieve(question);
      return found.map(({ node }) => (node as TextNode).text).toSorted();
    };
    expect(await run({ mars: "Mars is red.", venus: "Venus is hot." })).toEqual([
      "Mars is red.",
      "Venus is hot.",
    ]);
    expect(await run({ mars: "Mars is cold.", venus: "Venus is hot." })).toEqual([
      "Mars is cold.",
      "Venus is hot.",
    ]);
    expect(await run({ pluto: "Pluto is small." })).toEqual([
      "Mars is cold.",
      "Pluto is small.",
      "Venus is hot.",
    ]);
  });

  it("keeps and saves nothing of an add or delete that cannot be saved", async () => {
    const persistDir = join(folder, "full");
    const vectorStore = await FaissVectorStore.fromPersistDir(persistDir);
    const saved = join(persistDir, "faiss_vector_store");
    const chunk = (id: string) => embedModel([nodeFrom(id, "Mars is cold.", {}, "report")]);
    const cannotSave = { code: "SAVE_FAILED" };
    await mkdir(persistDir);
    await writeFile(saved, "a file where the folder should be");
    await expect(vectorStore.add(await chunk("1"))).rejects.toMatchObject(cannotSave);
    expect((await vectorStore.client()).ids()).toEqual([]);
    await rm(saved);
    await vectorStore.add(await chunk("2"));
    await rename(saved, `${saved}-aside`);
    await writeFile(saved, "a file where the folder should be");
    await expect(vectorStore.add(await chunk("3"))).rejects.toMatchObject(cannotSave);
    await expect(vectorStore.delete("report")).rejects.toMatchObject(cannotSave);
    expect((await vectorStore.client()).ids()).toEqual(["2"]);
    await rm(saved);
    await rename(`${saved}-aside`, saved);
    await Promise.all([vectorStore.add(await chunk("4")), vectorStore.add(await chunk("5"))]);
    expect((await (await FaissVectorStore.fromPersistDir(persistDir)).client()).ids()).toEqual([
      "2",
      "4",
      "5",
    ]);
    await vectorStore.delete("report");
    expect((await (await FaissVectorStore.fromPersistDir(persistDir)).client()).size).toBe(0);
  });

  it("rejects a saved store with another dimension", async () => {
    const persistDir = join(folder, "identity");
    await store.persist(persistDir);
    const shortened = new EmbeddingGemmaEmbedding({ embedder, truncateDim: 128 });
    await expect(
      FaissVectorStore.fromPersistDir(persistDir, { embedModel: shortened }),
    ).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
    });
  });

  it("says that the option dimension does not shorten vectors", async () => {
    const persistDir = join(folder, "shorter");
    await expect(
      FaissVectorStore.fromPersistDir(persistDir, { dimension: 256 }),
    ).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
      message: expect.stringContaining("The option dimension says 256, but the embedding makes"),
    });
  });

  it("opens for an embedding model without identity only at the caller's word", async () => {
    class Anonymous extends BaseEmbedding {
      override readonly getTextEmbedding;
      constructor(vector: number[]) {
        super();
        this.getTextEmbedding = async () => vector;
      }
    }
    const persistDir = join(folder, "anonymous");
    await store.persist(persistDir);
    const given = await store.client();
    const foreign = { embedModel: new Anonymous(queryEmbedding) };
    const refused = {
      code: "IDENTITY_MISMATCH",
      message: expect.stringMatching(/states no identity.*allowMismatch: true/),
    };
    await expect(FaissVectorStore.fromPersistDir(persistDir, foreign)).rejects.toMatchObject(
      refused,
    );
    const mistaken = new FaissVectorStore({ ...foreign, store: given });
    await expect(mistaken.add(nodes)).rejects.toMatchObject(refused);
    await expect(mistaken.delete("mars")).rejects.toMatchObject(refused);
    for (const word of [{ allowMismatch: true }, { identity: await embedModel.identity() }]) {
      const agreed = await FaissVectorStore.fromPersistDir(persistDir, { ...foreign, ...word });
      expect((await agreed.client()).identity).toBe(given.identity);
      const used = new FaissVectorStore({ ...foreign, ...word, store: given });
      expect((await used.client()).size).toBe(4);
    }
  });

  it("rejects a store of other titles", async () => {
    const persistDir = join(folder, "titles");
    const titled = (titleKey: string) => ({
      embedModel: new EmbeddingGemmaEmbedding({ embedder, titleKey }),
    });
    const headed = await FaissVectorStore.fromPersistDir(persistDir, titled("heading & more"));
    await headed.add(nodes);
    await FaissVectorStore.fromPersistDir(persistDir, titled("heading & more"));
    await expect(FaissVectorStore.fromPersistDir(persistDir, titled("title"))).rejects.toThrow(
      /the metadata key of titles \(the store: heading & more; yours: not set\)/,
    );
  });

  it("rejects a given store of another model or dimension at its first use", async () => {
    const other = await CoreStore.create<NodeRecord>({ dimension: 768, identity: "another model" });
    const mistaken = new FaissVectorStore({ store: other });
    const mismatch = {
      code: "IDENTITY_MISMATCH",
      message: expect.stringContaining('The store has the identity "another model"'),
    };
    await expect(mistaken.add(nodes)).rejects.toMatchObject(mismatch);
    await expect(
      mistaken.query({ queryEmbedding, similarityTopK: 1, mode: VectorStoreQueryMode.DEFAULT }),
    ).rejects.toMatchObject(mismatch);
    const shorter = new FaissVectorStore({
      store: await CoreStore.create<NodeRecord>({ dimension: 128 }),
    });
    await expect(shorter.client()).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
      details: { expected: 128, given: 768 },
    });
    const own = await CoreStore.create<NodeRecord>({ identity: await embedModel.identity() });
    await new FaissVectorStore({ store: own }).add(nodes);
    expect(own.size).toBe(4);
  });

  it("creates a new store in a folder whose first save was interrupted", async () => {
    const persistDir = join(folder, "cut-off");
    await mkdir(join(persistDir, "faiss_vector_store"), { recursive: true });
    for (const file of ["vectors-1-0123abcd.faiss", "faiss-store.json.1-0123abcd"])
      await writeFile(join(persistDir, "faiss_vector_store", file), "half a file");
    await (await FaissVectorStore.fromPersistDir(persistDir)).add(nodes);
    expect((await (await FaissVectorStore.fromPersistDir(persistDir)).client()).size).toBe(4);
  });

  it("does not let two stores in one new folder overwrite each other", async () => {
    const persistDir = join(folder, "shared");
    const one = await FaissVectorStore.fromPersistDir(persistDir);
    const other = await FaissVectorStore.fromPersistDir(persistDir);
    await one.add(nodes.slice(0, 1));
    await expect(other.add(nodes.slice(1, 2))).rejects.toMatchObject({ code: "STORE_CHANGED" });
    expect((await (await FaissVectorStore.fromPersistDir(persistDir)).client()).ids()).toEqual([
      "venus",
    ]);
  });

  it("finds nothing in an empty store", async () => {
    const empty = new FaissVectorStore();
    expect(await empty.add([])).toEqual([]);
    expect(
      await empty.query({ queryEmbedding, similarityTopK: 2, mode: VectorStoreQueryMode.DEFAULT }),
    ).toEqual({
      nodes: [],
      similarities: [],
      ids: [],
    });
    await empty.delete("mars");
  });

  it("keeps all nodes of concurrent adds to a new store", async () => {
    const busy = new FaissVectorStore();
    await Promise.all(nodes.map((node) => busy.add([node])));
    expect(
      (await busy.query({ queryEmbedding, similarityTopK: 10, mode: VectorStoreQueryMode.DEFAULT }))
        .ids,
    ).toHaveLength(4);
  });

  it.each([0, -1, 1.5])("rejects similarityTopK of %d", async (similarityTopK) => {
    await expect(ask({ similarityTopK })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("rejects a query without a vector or with another dimension", async () => {
    await expect(ask({ queryEmbedding: undefined as never })).rejects.toThrow(/queryEmbedding/);
    await expect(ask({ queryEmbedding: [1, 2, 3] })).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
    });
  });

  it.each([
    [[], /^The queryEmbedding must have finite numbers, but it has no numbers\./],
    [[0.5, Number.NaN], /it has NaN at position 1\. .*getQueryEmbedding/],
    [new Float32Array([Number.POSITIVE_INFINITY]), /it has Infinity at position 0\./],
    [["1"], /it has "1" at position 0\./],
  ])("rejects %j as a query, also for an empty store", async (embedding, message) => {
    const empty = new FaissVectorStore();
    const given = { queryEmbedding: embedding as number[], similarityTopK: 1 };
    const refused = { code: "INVALID_VECTOR", message: expect.stringMatching(message) };
    for (const mode of [VectorStoreQueryMode.DEFAULT, VectorStoreQueryMode.MMR]) {
      await expect(ask({ ...given, mode })).rejects.toMatchObject(refused);
      await expect(empty.query({ ...given, mode })).rejects.toMatchObject(refused);
    }
  });

  it.each([
    [[], "DIMENSION_MISMATCH", "has 0"],
    [Array(768).fill(Number.NaN), "INVALID_VECTOR", "has NaN at position 0"],
    [[1, 2], "DIMENSION_MISMATCH", '768 numbers, but the vector of item 1 ("bad") has 2'],
    [
      "abc",
      "INVALID_ARGUMENT",
      'The embedding of node 1 ("bad") must be a vector; "abc" was given',
    ],
    [{ 0: 1 }, "INVALID_ARGUMENT", "must be a vector; an object (Object) was given"],
  ])("adds nothing if a model made the embedding %j", async (embedding, code, message) => {
    const bad = Object.assign(nodeFrom("bad", "x"), { embedding });
    const [good] = await embedModel([nodeFrom("good", "x")]);
    await expect(store.add([good!, bad])).rejects.toMatchObject({
      name: "FaissStoreError",
      code,
      message: expect.stringContaining(message),
    });
    expect((await store.client()).ids()).not.toContain("good");
  });

  it("creates a store of a subclass from a subclass", async () => {
    class Logged extends FaissVectorStore {}
    const opened = await Logged.fromPersistDir(join(folder, "subclass"));
    expect(opened).toBeInstanceOf(Logged);
  });

  it.each([undefined, ["mars"], { refDocId: "mars" }])("refuses to delete %j", async (id) => {
    await expect(store.delete(id as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/^refDocId must be the id of a document, a string; /),
    });
    expect((await store.client()).size).toBe(4);
  });

  it("rejects nodes without an embedding, and anything but an array of nodes", async () => {
    await expect(store.add([new TextNode({ id_: "bare", text: "x" })])).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(
        'The node was not added. Node 0 ("bare") has no embedding. Embed nodes before you add ' +
          "them: `await embedModel(nodes)`.",
      ),
    });
    await expect(store.add(embedModel(nodes) as never)).rejects.toThrow(
      /nodes must be an array of nodes; an object \(Promise\) was given. Add the missing `await`/,
    );
    await expect(store.add(nodes[0] as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(store.add([nodes[0]!, { text: "x" } as never])).rejects.toThrow(
      "nodes[1] must be a node of LlamaIndex; an object (Object) was given.",
    );
  });

  it.each([
    { engine: "gpu" },
    { index: "HNSW32,Flt" },
    { searchDimension: 1.5 },
    { index: "" },
    { dimension: 4, searchDimension: 8 },
  ])("rejects %j in the constructor", (options) => {
    const code = "INVALID_ARGUMENT";
    expect(() => new FaissVectorStore(options as never)).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    [{ persistDir: 7 }, "persistDir must be a path or a `file:` URL; 7 was given."],
    [{ persistDir: "" }, 'persistDir must be a path or a `file:` URL; "" was given.'],
    [
      { embedModel: "tiny" },
      "embedModel must be an embedding model of LlamaIndex, such as " +
        '`new EmbeddingGemmaEmbedding()`; "tiny" was given.',
    ],
    [
      { store: {} },
      "store must be a FaissStore of @embeddinggemma/faiss; an object (Object) was given.",
    ],
    [
      { namespace: "a/b" },
      'namespace must be a name of letters, digits, _, - and .; "a/b" was given.',
    ],
    [{ persistdir: "storage" }, "There is no option `persistdir`. Did you mean `persistDir`?"],
    [
      { verbosity: 1 },
      expect.stringMatching(
        /^There is no option `verbosity`. The options are .*persistDir, .*preset, /,
      ),
    ],
    [{ embedingModel: {} }, "There is no option `embedingModel`. Did you mean `embeddingModel`?"],
    [{ presett: "exact" }, "There is no option `presett`. Did you mean `preset`?"],
    [{ rescore: "int8" }, "The option `rescore` is now called `precision`."],
    [null, "options must be an object; null was given."],
  ])("says what is wrong with %j", (options, message) => {
    expect(() => new FaissVectorStore(options as never)).toThrow(
      expect.objectContaining({ name: "FaissStoreError", code: "INVALID_ARGUMENT", message }),
    );
  });

  it.each<[object, string]>([
    [{ customParams: "mmr" }, 'customParams must be an object; "mmr" was given.'],
    [{ customParams: null }, "customParams must be an object; null was given."],
    [
      { customParams: { fetchK: "9" } },
      'fetchK must be a whole number of at least 1; "9" was given.',
    ],
    [
      { customParams: { mmrThreshold: 2 } },
      "mmrThreshold must be a number from 0 to 1; 2 was given.",
    ],
    [
      { customParams: { minScore: "0.5" } },
      'minScore must be a cosine from -1 to 1; "0.5" was given.',
    ],
    [{ customParams: { minScore: 70 } }, "minScore must be a cosine from -1 to 1; 70 was given."],
    [
      { customParams: { minscore: 0.5 } },
      "There is no option `minscore`. Did you mean `minScore`?",
    ],
    [{ filter: {} }, "There is no option `filter`. Did you mean `filters`?"],
    [{ topK: 1 }, "There is no option `topK`. Did you mean `similarityTopK`?"],
    [{ mmrThreshold: -1 }, "mmrThreshold must be a number from 0 to 1; -1 was given."],
    [{ docIds: "mars" }, 'docIds must be an array of ids; "mars" was given.'],
    [
      { filters: [] },
      "filters must be an object with an array `filters`; an array of 0 was given.",
    ],
  ])("says what is wrong with a query with %j", async (query, message) => {
    for (const mode of [VectorStoreQueryMode.DEFAULT, VectorStoreQueryMode.MMR]) {
      await expect(ask({ ...query, mode })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message,
      });
    }
  });

  it.each([
    [
      VectorStoreQueryMode.DEFAULT,
      { fetchK: 9 },
      /^customParams.fetchK has no effect in mode "default"/,
    ],
    [VectorStoreQueryMode.DEFAULT, { mmrThreshold: 0 }, /only in mode "mmr"\./],
    [
      VectorStoreQueryMode.MMR,
      { minScore: 0 },
      /^customParams.minScore has no effect in mode "mmr"/,
    ],
  ])("says that mode %s does not use %j", async (mode, customParams, message) => {
    await expect(ask({ mode, customParams })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(message),
    });
  });

  it("rejects a persistDir that is no path when it persists", async () => {
    await expect(store.persist(7 as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "persistDir must be a path or a `file:` URL; 7 was given.",
    });
  });

  it("saves and opens an empty store", async () => {
    const persistDir = join(folder, "empty");
    await new FaissVectorStore().persist(persistDir);
    const again = await FaissVectorStore.fromPersistDir(persistDir);
    expect((await again.client()).dimension).toBe(768);
    await again.add(nodes);
    expect((await (await FaissVectorStore.fromPersistDir(persistDir)).client()).size).toBe(4);
  });
});

function nodeFrom(
  id_: string,
  text: string,
  metadata: Record<string, unknown> = {},
  source?: string,
): TextNode {
  const relationships = source
    ? { [NodeRelationship.SOURCE]: { nodeId: source, metadata: {} } }
    : {};
  return new TextNode({ id_, text, metadata, relationships });
}
