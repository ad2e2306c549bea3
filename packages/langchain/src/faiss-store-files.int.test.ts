import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { FaissStore as CoreStore } from "@embeddinggemma/faiss";
import { modelPath as model } from "@embeddinggemma/tiny-model";
import { CacheBackedEmbeddings } from "@langchain/classic/embeddings/cache_backed";
import { Document } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { InMemoryStore } from "@langchain/core/stores";
import { FakeEmbeddings } from "@langchain/core/utils/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { DocumentRecord } from "./document-record.ts";
import { EmbeddingGemmaEmbeddings } from "./embeddings.ts";
import { FaissStore } from "./faiss-store.ts";
import { planets, question } from "./testing/planets.ts";

describe("FaissStore: saved and existing stores", () => {
  let embedder: Embedder;
  let embeddings: EmbeddingGemmaEmbeddings;
  let store: FaissStore;
  let folder: string;

  beforeAll(async () => {
    embedder = await Embedder.load(model);
    embeddings = new EmbeddingGemmaEmbeddings({ embedder });
    folder = await mkdtemp(join(tmpdir(), "langchain-faiss-"));
  });
  afterAll(async () => {
    await embedder.dispose();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    store = await FaissStore.fromDocuments(planets, embeddings);
  });

  it("saves and loads without changing ids, metadata or scores", async () => {
    const directory = join(folder, "planets");
    await store.save(directory);
    const again = await FaissStore.load(directory, embeddings);
    expect(await again.similaritySearchWithScore(question, 4)).toEqual(
      await store.similaritySearchWithScore(question, 4),
    );
    await again.delete({ ids: ["mars"] });
    await again.save(directory);
    expect(
      await (await FaissStore.load(directory, embeddings)).similaritySearch(question, 4),
    ).toHaveLength(3);
  });

  it("does not save an empty store over documents", async () => {
    const directory = join(folder, "not-by-none");
    await store.save(directory);
    const empty = new FaissStore(embeddings);
    await expect(empty.save(directory)).rejects.toMatchObject({
      code: "STORE_CHANGED",
      message: expect.stringContaining("load it first"),
    });
    const loaded = await FaissStore.load(directory, embeddings);
    await loaded.delete({ filter: () => true });
    await loaded.save(directory);
    const again = await FaissStore.load(directory, embeddings);
    expect((await again.client()).size).toBe(0);
  });

  it("rejects a saved store of another model or dimension", async () => {
    const directory = join(folder, "identity");
    await store.save(directory);
    const shortened = new EmbeddingGemmaEmbeddings({ embedder, truncateDim: 256 });
    await expect(FaissStore.load(directory, shortened)).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
    });
    await expect(
      FaissStore.load(directory, shortened, { dimension: undefined, identity: undefined }),
    ).rejects.toMatchObject({ code: "DIMENSION_MISMATCH" });
    const prompted = new EmbeddingGemmaEmbeddings({
      embedder,
      documentPrompt: { promptName: "STS" },
    });
    await expect(FaissStore.load(directory, prompted)).rejects.toMatchObject({
      code: "IDENTITY_MISMATCH",
    });
    const untitled = new EmbeddingGemmaEmbeddings({ embedder, titleKey: "" });
    await expect(FaissStore.load(directory, untitled)).rejects.toMatchObject({
      code: "IDENTITY_MISMATCH",
      message: expect.stringContaining("They differ in the metadata key of titles"),
    });
    const sameModel = new EmbeddingGemmaEmbeddings({ model });
    expect(
      await (await FaissStore.load(directory, sameModel)).similaritySearch(question, 1),
    ).toEqual([planets[1]]);
    await sameModel.dispose();
  });

  it("embeds the documents of a saved store again, if asked to and needed", async () => {
    const directory = join(folder, "reembed");
    await store.save(directory);
    const shorter = new EmbeddingGemmaEmbeddings({ embedder, truncateDim: 256 });
    const advice = expect.stringMatching(/To embed its documents again, pass reembed: true\.$/);
    await expect(FaissStore.load(directory, shorter)).rejects.toMatchObject({ message: advice });
    for (const embeddings of [shorter, new FakeEmbeddings()]) {
      const progress: unknown[] = [];
      const onProgress = (each: unknown) => progress.push(each);
      const loaded = await FaissStore.load(directory, embeddings, { reembed: true, onProgress });
      expect(progress.at(-1)).toMatchObject({ done: 4, total: 4 });
      const own = await FaissStore.fromDocuments(planets, embeddings);
      const [client, expected] = [await loaded.client(), await own.client()];
      expect([client.dimension, client.identity]).toEqual([expected.dimension, expected.identity]);
      expect(client.searchDimension).toBe(expected.dimension);
      const search = (one: FaissStore) => one.similaritySearchWithScore(question, 4);
      expect(await search(loaded)).toEqual(await search(own));
      await loaded.save(directory, { overwrite: false });
    }
    const again = await FaissStore.load(directory, shorter, { reembed: true });
    await again.save(directory, { overwrite: false });
    const options = { reembed: true, onProgress: () => expect.fail("nothing is embedded") };
    expect((await (await FaissStore.load(directory, shorter, options)).client()).size).toBe(4);
  });

  it("embeds again with titles, into an empty store, and not after an abort", async () => {
    const directory = join(folder, "reembed-others");
    const untitled = new EmbeddingGemmaEmbeddings({ embedder, titleKey: "" });
    await (await FaissStore.fromDocuments(planets, untitled)).save(directory);
    const signal = AbortSignal.abort(new Error("enough"));
    const aborted = FaissStore.load(directory, embeddings, { reembed: true, signal });
    await expect(aborted).rejects.toThrow("enough");
    const titled = await FaissStore.load(directory, embeddings, { reembed: true });
    expect(await titled.similaritySearchWithScore(question, 4)).toEqual(
      await store.similaritySearchWithScore(question, 4),
    );
    await (await titled.client()).delete(() => true);
    await titled.save(directory, { overwrite: false });
    const shorter = new EmbeddingGemmaEmbeddings({ embedder, truncateDim: 256 });
    const empty = await FaissStore.load(directory, shorter, { reembed: true });
    await empty.addDocuments(planets);
    expect((await empty.client()).dimension).toBe(256);
    const foreign = { identity: "x", reembed: true };
    const named = await FaissStore.load(directory, new FakeEmbeddings(), foreign);
    expect((await named.client()).identity).toBe("x");
    // Nobody knows what these embeddings are.
    const unnamed = await FaissStore.fromDocuments(planets, new FakeEmbeddings());
    await unnamed.save(directory, { overwrite: true });
    const opposite = {
      embedDocuments: async (texts: string[]) => texts.map(() => [-1, ...Array(3).fill(0)]),
      embedQuery: async () => [-1, 0, 0, 0],
    };
    const changed = await FaissStore.load(directory, opposite, { reembed: true });
    expect((await changed.client()).get("mars")!.vector).toEqual(Float32Array.of(-1, 0, 0, 0));
    for (const sure of [{ allowMismatch: true }, { identity: null }])
      expect(
        (await (await FaissStore.load(directory, opposite, sure)).client()).get("mars")!.vector,
      ).toEqual((await unnamed.client()).get("mars")!.vector);
    const misspelt = { reembedd: true } as object;
    await expect(FaissStore.load(directory, shorter, misspelt)).rejects.toThrow(
      "Did you mean `reembed`?",
    );
  });

  it("is opened by embeddings that state no identity only at the caller's word", async () => {
    const directory = join(folder, "foreign");
    await store.save(directory);
    const foreign = new FakeEmbeddings();
    const refused = {
      code: "IDENTITY_MISMATCH",
      message: expect.stringMatching(/states no identity.*allowMismatch: true/),
    };
    const identity = await embeddings.identity();
    await expect(FaissStore.load(directory, foreign)).rejects.toMatchObject(refused);
    await expect(FaissStore.load(directory, foreign, { identity: "x" })).rejects.toMatchObject({
      code: "IDENTITY_MISMATCH",
    });
    for (const options of [{ allowMismatch: true }, { identity }]) {
      const opened = await FaissStore.load(directory, foreign, options);
      await opened.addVectors([await embeddings.embedQuery("x")], [planets[0]!]);
      expect((await opened.client()).identity).toBe(identity);
    }
    const index = await store.client();
    const mistaken = await FaissStore.fromExistingIndex(foreign, { store: index });
    await expect(mistaken.addDocuments(planets)).rejects.toMatchObject(refused);
    await expect(mistaken.similaritySearch(question)).rejects.toMatchObject(refused);
    await expect(mistaken.similaritySearchVectorWithScore([1], 1)).rejects.toMatchObject(refused);
    await expect(mistaken.delete({ ids: ["mars"] })).rejects.toMatchObject(refused);
    expect(index.size).toBe(4);
    for (const options of [{ allowMismatch: true }, { identity }]) {
      const agreed = new FaissStore(foreign, { store: index, ...options });
      expect(await agreed.client()).toBe(index);
    }
  });

  it("sees the identity of embeddings within CacheBackedEmbeddings", async () => {
    const directory = join(folder, "cached");
    const cached = (inner: EmbeddingsInterface) =>
      CacheBackedEmbeddings.fromBytesStore(inner, new InMemoryStore<Uint8Array>());
    await (await FaissStore.fromDocuments(planets, cached(embeddings))).save(directory);
    const opened = await FaissStore.load(directory, cached(cached(embeddings)));
    expect((await opened.client()).identity).toBe(await embeddings.identity());
    const shorter = cached(new EmbeddingGemmaEmbeddings({ embedder, truncateDim: 128 }));
    await expect(FaissStore.load(directory, shorter)).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
    });
    await expect(FaissStore.load(directory, cached(new FakeEmbeddings()))).rejects.toMatchObject({
      code: "IDENTITY_MISMATCH",
    });
  });

  it("embeds titles also with CacheBackedEmbeddings, which caches other documents", async () => {
    const cache = new InMemoryStore<Uint8Array>();
    const cached = CacheBackedEmbeddings.fromBytesStore(embeddings, cache);
    const documents = planets.map(({ pageContent, metadata }, row) => {
      const title = row % 2 === 0 ? `About planet ${row}` : undefined;
      return new Document({ pageContent, metadata: { ...metadata, ...(title && { title }) } });
    });
    const vectorsOf = async (made: FaissStore) => {
      const items = await made.client();
      return items.ids().map((id) => items.get(id)!.vector);
    };
    const plain = await vectorsOf(await FaissStore.fromDocuments(documents, embeddings));
    for (let run = 0; run < 2; run++) {
      const vectors = await vectorsOf(await FaissStore.fromDocuments(documents, cached));
      for (const [row, vector] of vectors.entries())
        for (const [place, value] of vector.entries())
          expect(value).toBeCloseTo(plain[row]![place]!, 5);
    }
    const untitled = documents.filter(({ metadata }) => metadata.title === undefined);
    const keys = [];
    for await (const key of cache.yieldKeys()) keys.push(key);
    expect(keys).toHaveLength(untitled.length);
  });

  it("says first what differs from the embeddings that made a store", async () => {
    const directory = join(folder, "difference");
    await store.save(directory);
    const documentPrompt = { promptName: "STS" };
    const prompted = new EmbeddingGemmaEmbeddings({ embedder, documentPrompt });
    await expect(FaissStore.load(directory, prompted)).rejects.toMatchObject({
      message: expect.stringContaining(
        'They differ in the document prompt (the store: not set; yours: {"promptName":"STS"}). ',
      ),
    });
  });

  it("rejects a saved store of other records than documents", async () => {
    const directory = join(folder, "records");
    const index = await CoreStore.create<string>({ identity: embedder.identity });
    const vector = await embedder.encodeDocument("Mars is red.");
    await index.upsert([{ id: "mars", vector, record: "Mars is red." }]);
    await index.save(directory);
    await expect(FaissStore.load(directory, embeddings)).rejects.toMatchObject({
      code: "INVALID_RECORD",
      message: expect.stringMatching(/"mars" .* is no document/),
    });
  });

  it("names the package whose store a folder has", async () => {
    const directory = join(folder, "storage", "faiss_vector_store");
    const nodes = await CoreStore.create({ identity: embedder.identity });
    const record = { refDocId: "mars", node: { text: "Mars is red.", metadata: {} } };
    await nodes.upsert([{ vector: await embedder.encodeDocument("Mars is red."), record }]);
    await nodes.save(directory);
    await expect(FaissStore.load(directory, embeddings)).rejects.toMatchObject({
      code: "INVALID_RECORD",
      message: expect.stringMatching(/a node of LlamaIndex.*FaissVectorStore\.fromPersistDir/),
    });
  });

  it("rejects a folder that contains no store", async () => {
    await expect(FaissStore.load(folder, embeddings)).rejects.toMatchObject({
      code: "NOT_A_STORE",
    });
  });

  it.each(["loadFromPython", "loadFromCommunity"] as const)(
    "imports a folder of another library: %s",
    async (load) => {
      const name = load === "loadFromPython" ? "langchain-python" : "langchain-js";
      const fixture = join(import.meta.dirname, "../../../test/fixtures/faiss");
      const { ids, texts, metadata, vectors } = JSON.parse(
        await readFile(join(fixture, "expected.json"), "utf8"),
      );
      const foreign = await FaissStore[load](join(fixture, name), new FakeEmbeddings());
      expect((await foreign.client()).ids()).toEqual(ids);
      const [[document, score]] = (await foreign.similaritySearchVectorWithScore(
        vectors[2],
        1,
      )) as [[Document, number]];
      expect(document).toEqual(
        new Document({ id: ids[2], pageContent: texts[2], metadata: metadata[2] }),
      );
      expect(score).toBeCloseTo(1, 5);
      await foreign.save(join(folder, name));
      expect(
        (await (await FaissStore.load(join(folder, name), new FakeEmbeddings())).client()).size,
      ).toBe(ids.length);
    },
  );

  it("rejects a pickle file that would run code", async () => {
    const malicious = join(import.meta.dirname, "../../../test/fixtures/faiss/malicious-reduce");
    await expect(FaissStore.loadFromPython(malicious, embeddings)).rejects.toMatchObject({
      code: "UNSAFE_FILE",
    });
  });

  it("finds out whether a folder contains a store", async () => {
    const saved = join(folder, "exists");
    expect(await FaissStore.exists(saved)).toBe(false);
    await store.save(saved);
    expect(await FaissStore.exists(saved)).toBe(true);
  });

  it("uses an existing index", async () => {
    const index = await CoreStore.create<DocumentRecord>({ dimension: 768 });
    const [vector] = await embeddings.embedDocuments(["Mars is red."]);
    await index.upsert([
      { id: "mine", vector: vector!, record: { pageContent: "Mars is red.", metadata: {} } },
    ]);
    const existing = await FaissStore.fromExistingIndex(embeddings, { store: index });
    expect(await existing.client()).toBe(index);
    expect((await existing.similaritySearch(question, 1))[0]!.id).toBe("mine");
  });

  it("rejects an index of another model or dimension at its first use", async () => {
    const other = await CoreStore.create<DocumentRecord>({
      dimension: 768,
      identity: "another model",
    });
    const existing = await FaissStore.fromExistingIndex(embeddings, { store: other });
    const mismatch = {
      code: "IDENTITY_MISMATCH",
      message: expect.stringContaining('The store has the identity "another model"'),
    };
    await expect(existing.similaritySearch(question, 1)).rejects.toMatchObject(mismatch);
    await expect(existing.addDocuments(planets)).rejects.toMatchObject(mismatch);
    expect(other.size).toBe(0);
    const shorter = new FaissStore(embeddings, {
      store: await CoreStore.create<DocumentRecord>({ dimension: 128 }),
    });
    await expect(shorter.addDocuments(planets)).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
      details: { expected: 128, given: 768 },
    });
    const own = await CoreStore.create<DocumentRecord>({ identity: await embeddings.identity() });
    expect(await FaissStore.fromDocuments(planets, embeddings, { store: own })).toMatchObject({
      embeddings,
    });
    expect(own.size).toBe(4);
  });

  it("deletes, saves and searches by a vector without the model", async () => {
    const directory = join(folder, "without-model");
    await store.save(directory);
    const idle = new EmbeddingGemmaEmbeddings({ model });
    const load = vi.spyOn(idle, "identity");
    const given = await CoreStore.open<DocumentRecord>(directory);
    const again = new FaissStore(idle, { store: given });
    const query = await embeddings.embedQuery(question);
    const [hit] = await again.similaritySearchVectorWithScore(query, 1);
    expect(hit![0].id).toBe("mars");
    await again.delete({ ids: ["mars"] });
    await again.save(directory);
    expect(load).not.toHaveBeenCalled();
    expect(await again.similaritySearch(question, 4)).toHaveLength(given.size);
    expect(load).toHaveBeenCalled();
    await idle.dispose();
  });

  it("saves and opens an empty store", async () => {
    await new FaissStore(embeddings).save(join(folder, "empty"));
    const again = await FaissStore.load(join(folder, "empty"), embeddings);
    expect(await again.similaritySearch(question)).toEqual([]);
    await again.addDocuments(planets);
    expect((await again.similaritySearch(question, 1))[0]).toEqual(planets[1]);
  });

  it("rejects an import with vectors of another length than the embeddings make", async () => {
    const foreign = join(import.meta.dirname, "../../../test/fixtures/faiss/langchain-python");
    await expect(FaissStore.loadFromPython(foreign, embeddings)).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
    });
  });
});
