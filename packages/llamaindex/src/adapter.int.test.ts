import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Adapter, type AdapterSides, Embedder } from "@embeddinggemma/core";
import { modelPath as model } from "@embeddinggemma/tiny-model";
import { Document } from "@llamaindex/core/schema";
import { Settings, storageContextFromDefaults, VectorStoreIndex } from "llamaindex";
import { afterAll, expect, it } from "vitest";
import { EmbeddingGemmaEmbedding } from "./embedding.ts";
import { FaissVectorStore } from "./faiss-vector-store.ts";

const embedder = await Embedder.load(model);
const root = await mkdtemp(join(tmpdir(), "llamaindex-adapter-"));
const untuned = new EmbeddingGemmaEmbedding({ embedder });
const question = "Which planet is red?";

afterAll(async () => {
  await embedder.dispose();
  await rm(root, { recursive: true });
});

/** An adapter of rank 1. */
function adapterFor(sides: AdapterSides, phase = 0): Adapter {
  const { dimension, modelIdentity: identity } = embedder;
  const a = Float32Array.from({ length: dimension }, (_, index) => Math.sin(index + phase));
  const base = { model, identity };
  return Adapter.from({ sides, dimension, weights: { a, b: a.toReversed() }, base });
}

const embeddingWith = (adapter: Adapter) =>
  new EmbeddingGemmaEmbedding({ embedder: embedder.withAdapter(adapter) });

/** An index of documents by the untuned model, with a store that has another one. */
async function indexOf(embedModel: EmbeddingGemmaEmbedding): Promise<VectorStoreIndex> {
  Settings.embedModel = untuned;
  const vectorStore = new FaissVectorStore({ embedModel });
  const storageContext = await storageContextFromDefaults({ vectorStore });
  const documents = ["Mars is red.", "Venus is hot."].map((text) => new Document({ text }));
  return VectorStoreIndex.fromDocuments(documents, { storageContext });
}

const retrieve = (index: VectorStoreIndex) =>
  index.asRetriever({ similarityTopK: 2 }).retrieve(question);

it("embeds queries with the adapter of a folder", async () => {
  const adapter = adapterFor("query");
  for (const [name, bytes] of Object.entries(adapter.files()))
    await writeFile(join(root, name), bytes);
  const embedding = new EmbeddingGemmaEmbedding({ model, adapter: root });
  const tuned = embedder.withAdapter(adapter);
  expect(await embedding.getQueryEmbedding({ type: "text", text: question })).toEqual([
    ...(await tuned.encodeQuery(question)),
  ]);
  expect(await embedding.getTextEmbedding("Mars")).toEqual(await untuned.getTextEmbedding("Mars"));
  await embedding.dispose();
});

it("opens a store of the untuned model with an adapter for queries, and not for both", async () => {
  const folder = join(root, "store");
  const nodes = await untuned([new Document({ id_: "mars", text: "Mars is red." })]);
  const store = new FaissVectorStore({ embedModel: untuned });
  await store.add(nodes);
  await store.persist(folder);

  const queries = embeddingWith(adapterFor("query"));
  const opened = await FaissVectorStore.fromPersistDir(folder, { embedModel: queries });
  const queryEmbedding = await queries.getQueryEmbedding({ type: "text", text: question });
  const query = { queryEmbedding: queryEmbedding!, similarityTopK: 1, mode: "default" as never };
  expect((await opened.query(query)).ids).toEqual(["mars"]);

  const adapter = adapterFor("both");
  const embedModel = embeddingWith(adapter);
  await expect(FaissVectorStore.fromPersistDir(folder, { embedModel })).rejects.toMatchObject({
    code: "IDENTITY_MISMATCH",
    message: expect.stringContaining(
      `the adapter for all vectors (the store: none; yours: ${adapter.digest.slice(0, 16)})`,
    ),
  });
});

it("refuses queries without the adapter that the store's model has for them", async () => {
  const adapter = adapterFor("query");
  const tuned = embeddingWith(adapter);
  const index = await indexOf(tuned);
  const expected = {
    code: "IDENTITY_MISMATCH",
    message: expect.stringContaining("without the adapter that the `embedModel`"),
  };
  await expect(retrieve(index)).rejects.toMatchObject(expected);
  Settings.embedModel = embeddingWith(adapterFor("query", 1));
  index.embedModel = Settings.embedModel;
  await expect(retrieve(index)).rejects.toMatchObject(expected);
  Settings.embedModel = embeddingWith(adapter);
  index.embedModel = Settings.embedModel;
  expect(await retrieve(index)).toHaveLength(2);
});

it("accepts queries with an adapter where the model of the nodes has none", async () => {
  const index = await indexOf(untuned);
  Settings.embedModel = embeddingWith(adapterFor("query"));
  index.embedModel = Settings.embedModel;
  expect(await retrieve(index)).toHaveLength(2);
});
