import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Adapter, type AdapterSides, Embedder } from "@embeddinggemma/core";
import { modelPath as model } from "@embeddinggemma/tiny-model";
import { Document } from "@langchain/core/documents";
import { afterAll, expect, it } from "vitest";
import { EmbeddingGemmaEmbeddings } from "./embeddings.ts";
import { FaissStore } from "./faiss-store.ts";

const embedder = await Embedder.load(model);
const root = await mkdtemp(join(tmpdir(), "langchain-adapter-"));
const untuned = new EmbeddingGemmaEmbeddings({ embedder });
const question = "Which planet is red?";

afterAll(async () => {
  await embedder.dispose();
  await rm(root, { recursive: true });
});

/** Saves an adapter of rank 1. */
async function save(sides: AdapterSides): Promise<{ adapter: Adapter; folder: string }> {
  const { dimension, modelIdentity: identity } = embedder;
  const a = Float32Array.from({ length: dimension }, (_, index) => Math.sin(index));
  const base = { model, identity };
  const adapter = Adapter.from({ sides, dimension, weights: { a, b: a.toReversed() }, base });
  const folder = await mkdtemp(join(root, "adapter-"));
  for (const [name, bytes] of Object.entries(adapter.files()))
    await writeFile(join(folder, name), bytes);
  return { adapter, folder };
}

it("embeds queries, and documents if it is for both, with the adapter of a folder", async () => {
  for (const sides of ["query", "both"] as const) {
    const { adapter, folder } = await save(sides);
    const embeddings = new EmbeddingGemmaEmbeddings({ model, adapter: folder });
    const tuned = embedder.withAdapter(adapter);
    expect(await embeddings.embedQuery(question)).toEqual([...(await tuned.encodeQuery(question))]);
    const [document] = await embeddings.embedDocuments(["Mars"]);
    expect(document).toEqual([...(await tuned.encodeDocument("Mars"))]);
    const [plain] = await untuned.embedDocuments(["Mars"]);
    if (sides === "query") expect(document).toEqual(plain);
    else expect(document).not.toEqual(plain);
    await embeddings.dispose();
  }
});

it("opens a store of the untuned model with an adapter for queries, and not for both", async () => {
  const documents = ["Mars is red.", "Venus is hot."].map(
    (pageContent) => new Document({ pageContent }),
  );
  const folder = join(root, "store");
  await (await FaissStore.fromDocuments(documents, untuned)).save(folder);

  const { adapter: forQueries } = await save("query");
  const queries = new EmbeddingGemmaEmbeddings({ embedder: embedder.withAdapter(forQueries) });
  const store = await FaissStore.load(folder, queries);
  const [[, score]] = (await store.similaritySearchWithScore(question, 1)) as [[Document, number]];
  const [vector] = await untuned.embedDocuments(["Mars is red."]);
  const expected = embedder.similarity(await queries.embedQuery(question), vector!)[0]![0]!;
  const scores = (await store.similaritySearchWithScore(question, 2)).map(([, each]) => each);
  expect(scores).toContainEqual(expect.closeTo(expected, 4));
  expect(score).toBe(Math.max(...scores));

  const { adapter: forBoth } = await save("both");
  const both = new EmbeddingGemmaEmbeddings({ embedder: embedder.withAdapter(forBoth) });
  await expect(FaissStore.load(folder, both)).rejects.toMatchObject({
    code: "IDENTITY_MISMATCH",
    message: expect.stringContaining(
      `the adapter for all vectors (the store: none; yours: ${forBoth.digest.slice(0, 16)})`,
    ),
  });
});

it("tells the vectors of queries with an adapter from those without", async () => {
  const { adapter } = await save("query");
  const tuned = new EmbeddingGemmaEmbeddings({ embedder: embedder.withAdapter(adapter) });
  expect(await tuned.identity()).toBe(await untuned.identity());
  expect(await tuned.queryIdentity()).not.toBe(await untuned.queryIdentity());
});
