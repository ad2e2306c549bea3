import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Embedder, type EncodeOptions } from "@embeddinggemma/core";
import { FaissStore as CoreStore, type PythonObject } from "@embeddinggemma/faiss";
import { warningsOf } from "@embeddinggemma/internal/testing";
import { modelPath as model } from "@embeddinggemma/tiny-model";
import { CacheBackedEmbeddings } from "@langchain/classic/embeddings/cache_backed";
import { Document } from "@langchain/core/documents";
import { Embeddings } from "@langchain/core/embeddings";
import { InMemoryStore } from "@langchain/core/stores";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { EmbeddingGemmaEmbeddings } from "./embeddings.ts";
import { FaissStore } from "./faiss-store.ts";
import { planets, question } from "./testing/planets.ts";

const texts = planets.map(({ pageContent }) => pageContent);
const titled = planets.map((planet) => ({ ...planet.metadata, title: `About ${planet.id}` }));

describe("FaissStore: an import compares the vectors with those of the embeddings", () => {
  let root: string;
  let embedder: Embedder;
  let embeddings: EmbeddingGemmaEmbeddings;
  let identity: string;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "langchain-import-"));
    embedder = await Embedder.load(model);
    embeddings = new EmbeddingGemmaEmbeddings({ embedder });
    identity = await embeddings.identity();
  });
  afterAll(async () => {
    await embedder.dispose();
    await rm(root, { recursive: true });
  });

  /** Writes a folder as the community store does, and one as Python's `FAISS.save_local` does. */
  const foreign = async (vectors: readonly Float32Array[], metadatas: object[] = []) => {
    const folder = await mkdtemp(join(root, "foreign-"));
    const documents = texts.map((pageContent, row) => ({
      pageContent,
      metadata: metadatas[row] ?? {},
    }));
    const store = await CoreStore.create<(typeof documents)[number]>();
    const ids = vectors.map((_, row) => `id ${row}`);
    await store.upsert(
      vectors.map((vector, row) => ({ id: ids[row]!, vector, record: documents[row]! })),
    );
    await store.exportFaiss(join(folder, "faiss.index"));
    await store.exportLangChainPython(folder, {
      toDocument: ({ pageContent, metadata }) => ({ pageContent, metadata: { ...metadata } }),
    });
    const docstore = ids.map((id, row) => [id, documents[row]]);
    const mapping = Object.fromEntries(ids.map((id, row) => [row, id]));
    await writeFile(join(folder, "docstore.json"), JSON.stringify([docstore, mapping]));
    return folder;
  };
  const encoded = (options?: EncodeOptions) => embedder.encode(texts, options);
  const loads = ["loadFromCommunity", "loadFromPython"] as const;

  it("takes the ids that hits of the community store have", async () => {
    const own = ["mars", "twice", "twice", "own"];
    const uuid = (row: number) => `0b6f7b0e-3f0a-4a5e-8d2c-00000000000${row}`;
    const filed = [uuid(0), uuid(1), uuid(2), "explicit"];
    const folder = await mkdtemp(join(root, "own-ids-"));
    const vectors = (await encoded()).slice(0, filed.length);
    const store = await CoreStore.create<null>();
    await store.upsert(vectors.map((vector) => ({ vector, record: null })));
    await store.exportFaiss(join(folder, "faiss.index"));
    const docstore = filed.map((key, row) => [
      key,
      { pageContent: texts[row], metadata: {}, id: own[row] },
    ]);
    await writeFile(join(folder, "docstore.json"), JSON.stringify([docstore, { ...filed }]));
    const moved = await FaissStore.loadFromCommunity(folder, embeddings, { identity: "moved" });
    const ids = (await moved.client()).ids();
    expect(ids).toEqual(["mars", uuid(1), uuid(2), "explicit"]);
  });

  describe.each(loads)("%s", (load) => {
    it("takes over vectors of the same model and prompt, with its identity", async () => {
      const withTitles = texts.map((text, row) => ({ text, title: titled[row]!.title }));
      for (const [inputs, metadata] of [
        [texts, undefined],
        [withTitles, titled],
      ] as const) {
        const folder = await foreign(await embedder.encodeDocument(inputs), metadata);
        const store = await FaissStore[load](folder, embeddings);
        expect((await store.client()).identity).toBe(identity);
        await store.save(join(folder, "saved"));
        const again = await FaissStore.load(join(folder, "saved"), embeddings);
        expect(await again.similaritySearch(question, 1)).toMatchObject([{ id: "id 1" }]);
      }
    });

    it("refuses vectors without the titles that later documents would get", async () => {
      const folder = await foreign(await embedder.encodeDocument(texts), titled);
      await expect(FaissStore[load](folder, embeddings)).rejects.toMatchObject({
        code: "IDENTITY_MISMATCH",
        message: expect.stringMatching(/embedded without titles: .*, set titleKey: "" in your emb/),
        details: { likely: "without titles" },
      });
      const untitled = new EmbeddingGemmaEmbeddings({ embedder, titleKey: "" });
      const store = await FaissStore[load](folder, untitled);
      expect((await store.client()).identity).toBe(await untitled.identity());
    });

    it("sees through CacheBackedEmbeddings", async () => {
      const cached = CacheBackedEmbeddings.fromBytesStore(embeddings, new InMemoryStore());
      const own = await foreign(await embedder.encodeDocument(texts));
      const store = await FaissStore[load](own, cached);
      expect((await store.client()).identity).toBe(identity);
      const other = await foreign(await encoded({ prompt: "" }));
      await expect(FaissStore[load](other, cached)).rejects.toMatchObject({
        code: "IDENTITY_MISMATCH",
        details: { likely: "without a prompt" },
      });
    });

    it.each([
      ["without a prompt", { prompt: "" }, /embedded without a prompt: of 4 texts/],
      ["as queries", { promptName: "query" }, /embedded as queries: of 4 texts/],
      ["with a foreign prompt", { prompt: "passage in question: " }, /of 4 texts/],
    ])("refuses vectors of texts that were embedded %s", async (_, options, message) => {
      const folder = await foreign(await encoded(options));
      await expect(FaissStore[load](folder, embeddings)).rejects.toMatchObject({
        code: "IDENTITY_MISMATCH",
        message: expect.stringMatching(message),
        details: { path: folder, sampled: 4 },
      });
    });

    it("refuses vectors of another model, and says how to go on", async () => {
      const folder = await foreign(texts.map((text) => noise(text)));
      const error = await FaissStore[load](folder, embeddings).catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: "IDENTITY_MISMATCH",
        message: expect.stringMatching(
          /: of 4 texts .* 4 got another vector.*in the median.*reembed: true.*identity/,
        ),
        details: { disagreeing: 4, lowest: expect.any(Number) },
      });
      expect((error as Error).message).toContain(folder);
    });

    it("embeds the texts again with reembed, also in another dimension", async () => {
      const folder = await foreign(
        texts.map((text) => noise(text, 8)),
        titled,
      );
      await expect(FaissStore[load](folder, embeddings)).rejects.toMatchObject({
        code: "DIMENSION_MISMATCH",
        message: expect.stringMatching(/have 8 numbers, but .* vectors of 768\..*reembed: true/),
      });
      const onProgress = vi.fn();
      const options = { reembed: true, searchDimension: 128, onProgress };
      const store = await FaissStore[load](folder, embeddings, options);
      expect(onProgress.mock.calls).toEqual([[{ done: 4, total: 4 }]]);
      const client = await store.client();
      expect([client.identity, client.dimension]).toEqual([identity, 768]);
      const documents = texts.map(
        (pageContent, row) => new Document({ pageContent, metadata: titled[row]! }),
      );
      const fresh = await FaissStore.fromDocuments(documents, embeddings);
      const scores = async (one: FaissStore) =>
        (await one.similaritySearchWithScore(question, 4)).map(([{ pageContent }, score]) => [
          pageContent,
          score,
        ]);
      expect(await scores(store)).toEqual(await scores(fresh));
      const reason = new Error("enough");
      await expect(
        FaissStore[load](folder, embeddings, { reembed: true, signal: AbortSignal.abort(reason) }),
      ).rejects.toBe(reason);
    });

    it("takes the caller's word for the identity, and embeds nothing then", async () => {
      const folder = await foreign(await encoded({ prompt: "" }));
      const embedded = vi.spyOn(embedder, "encodeDocument");
      const store = await FaissStore[load](folder, embeddings, { identity: "by hand" });
      expect(embedded).not.toHaveBeenCalled();
      embedded.mockRestore();
      expect((await store.client()).identity).toBe("by hand");
      await store.save(join(folder, "saved"));
      await expect(FaissStore.load(join(folder, "saved"), embeddings)).rejects.toMatchObject({
        code: "IDENTITY_MISMATCH",
      });
    });

    it("warns of embeddings without identity that have not made the vectors", async () => {
      const folder = await foreign(texts.map((text) => noise(text)));
      const identities: unknown[] = [];
      const importWith = (noisy: Noise) => async () =>
        identities.push((await (await FaissStore[load](folder, noisy)).client()).identity);
      expect(await warningsOf(importWith(new Noise()))).toEqual([]);
      expect(await warningsOf(importWith(new Noise(1)))).toMatchObject([
        { name: "FaissStoreWarning", code: "IDENTITY_MISMATCH" },
      ]);
      expect(identities).toEqual([undefined, undefined]);
    });

    it("refuses options that it would not use", async () => {
      const folder = await foreign(await encoded());
      for (const option of ["ids", "toRecord", "embedding", "format"])
        await expect(
          FaissStore[load](folder, embeddings, { [option]: [] } as never),
        ).rejects.toMatchObject({
          code: "INVALID_ARGUMENT",
          message: expect.stringContaining(option),
        });
    });
  });
});

describe("FaissStore: an import of metadata with objects of Python", () => {
  const odd = join(import.meta.dirname, "../../../test/fixtures/faiss/python-metadata/langchain");
  const contents = async (store: FaissStore) =>
    [...(await store.client())].map(({ id, record }) => [id, record]);
  const known = {
    when: "2024-01-02T00:00:00+00:00",
    price: 9.9,
    score: 0.5,
    authors: ["one", "another"],
  };

  it("names document and key of a class that is not known", async () => {
    await expect(FaissStore.loadFromPython(odd, new Units())).rejects.toMatchObject({
      code: "INVALID_RECORD",
      message: expect.stringMatching(
        /^Document 1 \("odd"\) .* metadata\.color is .*__main__\.Color.* Pass toRecord/,
      ),
    });
  });

  it("lets toRecord decide, which may return a Document", async () => {
    const store = await FaissStore.loadFromPython(odd, new Units(), {
      toRecord: ({ pageContent, metadata }, id) => {
        const { color } = metadata as { color?: PythonObject };
        if (!color) return { pageContent, metadata: { ...metadata, id } };
        return new Document({ pageContent, metadata: { color: color.args![0] } });
      },
    });
    expect(await contents(store)).toEqual([
      ["7", { pageContent: "p", metadata: { ...known, id: "7" } }],
      ["odd", { pageContent: "odd", metadata: { color: "red" } }],
    ]);
  });

  it("works for folders of the community store too", async () => {
    const folder = await mkdtemp(join(tmpdir(), "langchain-record-"));
    await cp(join(odd, "index.faiss"), join(folder, "faiss.index"));
    const documents = ["p", "odd"].map((pageContent) => [pageContent, { pageContent }]);
    await writeFile(
      join(folder, "docstore.json"),
      JSON.stringify([documents, { 0: "p", 1: "odd" }]),
    );
    const store = await FaissStore.loadFromCommunity(folder, new Units(), {
      toRecord: ({ pageContent }, id) => ({ pageContent, metadata: { id } }),
    });
    expect(await contents(store)).toEqual([
      ["p", { pageContent: "p", metadata: { id: "p" } }],
      ["odd", { pageContent: "odd", metadata: { id: "odd" } }],
    ]);
    await rm(folder, { recursive: true });
  });

  it.each([
    [() => null as never, "INVALID_RECORD", /toRecord must return a document .*null .* for "7"/],
    [() => ({ text: "p" }) as never, "INVALID_RECORD", /toRecord must return a document/],
    ["p" as never, "INVALID_ARGUMENT", /toRecord must be a function.*"p" was given/],
  ])("refuses %s", async (toRecord, code, message) => {
    await expect(FaissStore.loadFromPython(odd, new Units(), { toRecord })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

/** What made the vectors of the folder with objects of Python. */
class Units extends Embeddings {
  constructor() {
    super({});
  }

  override async embedQuery(text: string): Promise<number[]> {
    return [0, 1, 2, 3].map((place) => (text.length % 4 === place ? 1 : 0));
  }

  override async embedDocuments(all: string[]): Promise<number[][]> {
    return Promise.all(all.map((text) => this.embedQuery(text)));
  }
}

/** Embeddings of no model: another unit vector for each length of a text. */
class Noise extends Embeddings {
  readonly #offset: number;

  constructor(offset = 0) {
    super({});
    this.#offset = offset;
  }

  override async embedQuery(text: string): Promise<number[]> {
    return [...noise(`${text}${"x".repeat(this.#offset)}`)];
  }

  override async embedDocuments(all: string[]): Promise<number[][]> {
    return Promise.all(all.map((text) => this.embedQuery(text)));
  }
}

function noise(text: string, length = 768): Float32Array {
  const numbers = Array.from({ length }, (_, place) => Math.cos((place + 2) * (text.length + 3)));
  const size = Math.hypot(...numbers);
  return Float32Array.from(numbers, (number) => number / size);
}
