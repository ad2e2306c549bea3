import { Embedder } from "@embeddinggemma/core";
import { modelPath as model } from "@embeddinggemma/tiny-model";
import { SentenceSplitter } from "@llamaindex/core/node-parser";
import { Document, IndexNode, MetadataMode, TextNode } from "@llamaindex/core/schema";
import { Settings } from "llamaindex";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EmbeddingServer } from "../../core/test-support/embedding-server.ts";
import { EmbeddingGemmaEmbedding } from "./embedding.ts";

describe("EmbeddingGemmaEmbedding", () => {
  let embedder: Embedder;
  beforeAll(async () => {
    embedder = await Embedder.load(model);
  });
  afterAll(() => embedder.dispose());

  it("gives queries the query prompt and texts the document prompt", async () => {
    const embedding = new EmbeddingGemmaEmbedding({ embedder });
    const query = await embedding.getQueryEmbedding({ type: "text", text: "Mars" });
    expect(query).toEqual(Array.from(await embedder.encodeQuery("Mars")));
    const mars = Array.from(await embedder.encodeDocument("Mars"));
    expect(await embedding.getTextEmbedding("Mars")).toEqual(mars);
    expect(await embedding.getTextEmbeddings(["Mars"])).toEqual([mars]);
    expect(await embedding.getTextEmbeddingsBatch(["Mars"])).toEqual([mars]);
    expect(query).not.toEqual(mars);
  });

  it("with a url, embeds on a server", async () => {
    const { prompts, dimension } = embedder;
    await using server = await EmbeddingServer.start(embedder);
    const embedding = new EmbeddingGemmaEmbedding({ url: [server.url], prompts, dimension });
    expect(server.requests).toEqual([]);
    const query = await embedding.getQueryEmbedding({ type: "text", text: "Mars" });
    expect(query).toEqual(Array.from(await embedder.encodeQuery("Mars")));
    const mars = Array.from(await embedder.encodeDocument("Mars"));
    expect(await embedding.getTextEmbeddings(["Mars"])).toEqual([mars]);
    await embedding.dispose();
  });

  it("returns null for a query without text", async () => {
    const embedding = new EmbeddingGemmaEmbedding({ embedder });
    const image = {
      type: "image_url" as const,
      image_url: { url: "https://example.com/mars.png" },
    };
    expect(await embedding.getQueryEmbedding(image)).toBeNull();
    expect(await embedding.getQueryEmbedding({ type: "text", text: "" })).toBeNull();
  });

  it("embeds all nodes with every batch size", async () => {
    const texts = Array.from({ length: 21 }, (_, index) => `planet number ${index}`);
    const expected = (await embedder.encodeDocument(texts)).map((vector) => Array.from(vector));
    for (const batchSize of [1, 2, 10, 21, 100]) {
      const embedding = new EmbeddingGemmaEmbedding({ embedder });
      embedding.embedBatchSize = batchSize;
      const nodes = await embedding(texts.map((text) => new TextNode({ text })));
      expect(nodes.map((node) => node.embedding)).toEqual(expected);
      expect(await embedding.getTextEmbeddingsBatch([...texts])).toEqual(expected);
    }
  });

  it("puts a node's title into the prompt and its other metadata before the text", async () => {
    const embedding = new EmbeddingGemmaEmbedding({ embedder });
    const node = new TextNode({ text: "It is red.", metadata: { title: "Mars", lang: "en" } });
    await embedding([node]);
    const expected = await embedder.encodeDocument({
      title: "Mars",
      text: "lang: en\n\nIt is red.",
    });
    expect(node.embedding).toEqual(Array.from(expected));
    expect(node.getContent(MetadataMode.EMBED)).toBe("lang: en\ntitle: Mars\n\nIt is red.");
    expect(node.excludedEmbedMetadataKeys).toEqual([]);
  });

  it("embeds a titled node whose class has private fields, and leaves it as it was", async () => {
    class Section extends TextNode {
      readonly #prefix = "Section: ";
      override getContent(mode?: MetadataMode): string {
        return this.#prefix + super.getContent(mode);
      }
    }
    const metadata = { title: "Mars", lang: "en" };
    const node = new Section({ text: "It is red.", metadata, excludedEmbedMetadataKeys: ["lang"] });
    await new EmbeddingGemmaEmbedding({ embedder })([node]);
    expect(node.excludedEmbedMetadataKeys).toEqual(["lang"]);
    const text = "Section: It is red.";
    const expected = await embedder.encodeDocument({ title: "Mars", text });
    expect(embedder.similarity(node.getEmbedding(), expected)[0]![0]).toBeCloseTo(1, 5);
  });

  it("leaves out the metadata that a node excludes from embedding, also the title", async () => {
    const embedding = new EmbeddingGemmaEmbedding({ embedder });
    const metadata = { title: "Mars", lang: "en" };
    const node = new TextNode({
      text: "It is red.",
      metadata,
      excludedEmbedMetadataKeys: ["title", "lang"],
    });
    await embedding([node]);
    expect(node.embedding).toEqual(Array.from(await embedder.encodeDocument("It is red.")));
  });

  it("embeds documents and index nodes in the same way", async () => {
    const embedding = new EmbeddingGemmaEmbedding({ embedder, titleKey: "name" });
    const init = { text: "It is red.", metadata: { name: "Mars" } };
    const nodes = await embedding([
      new Document(init),
      new IndexNode({ ...init, indexId: "planets" }),
    ]);
    const expected = Array.from(
      await embedder.encodeDocument({ title: "Mars", text: "It is red." }),
    );
    expect(nodes.map((node) => node.embedding)).toEqual([expected, expected]);
  });

  it("reports progress through LlamaIndex's options", async () => {
    const embedding = new EmbeddingGemmaEmbedding({ embedder });
    const seen: [number, number][] = [];
    const lines: unknown[] = [];
    const logger = { log: (line: unknown) => lines.push(line), error: () => {}, warn: () => {} };
    const progressCallback = (done: number, total: number) => seen.push([done, total]);
    await embedding.getTextEmbeddingsBatch(["one", "two"], {
      progressCallback,
      logProgress: true,
      logger,
    });
    expect(seen.at(-1)).toEqual([2, 2]);
    expect(lines.at(-1)).toBe("getting embedding progress: 2 / 2");
  });

  describe("an abort", () => {
    const reason = new Error("enough");
    const newNodes = () =>
      Array.from({ length: 90 }, (_, row) => new TextNode({ text: `planet number ${row}` }));
    const newEmbedding = (signal?: AbortSignal) =>
      new EmbeddingGemmaEmbedding({ embedder, batchSize: 10, signal });

    it("of the embedding's signal stops its calls, and leaves the nodes as they were", async () => {
      const controller = new AbortController();
      const embedding = newEmbedding(controller.signal);
      const nodes = newNodes();
      let embedded = 0;
      const progressCallback = (done: number) => {
        embedded = done;
        controller.abort(reason);
      };
      await expect(embedding(nodes, { progressCallback })).rejects.toBe(reason);
      expect(embedded).toBe(10);
      expect(nodes.filter((node) => node.embedding)).toEqual([]);
      await expect(embedding.getTextEmbedding("Mars")).rejects.toBe(reason);
      await expect(embedding.getTextEmbeddings(["Mars"])).rejects.toBe(reason);
      await expect(embedding.encodeTexts(["Mars"])).rejects.toBe(reason);
      await expect(embedding.getQueryEmbedding({ type: "text", text: "Mars" })).rejects.toBe(
        reason,
      );
    });

    it.each<[string, (embedding: EmbeddingGemmaEmbedding, options: object) => Promise<unknown>]>([
      ["a call with nodes", (embedding, options) => embedding(newNodes(), { ...options })],
      [
        "getTextEmbeddingsBatch",
        (embedding, options) => {
          const texts = newNodes().map(({ text }) => text);
          return embedding.getTextEmbeddingsBatch(texts, options);
        },
      ],
    ])("of the signal of %s stops that call only", async (_, call) => {
      const { signal } = new AbortController();
      const controller = new AbortController();
      const embedding = newEmbedding(signal);
      let embedded = 0;
      const progressCallback = (done: number) => {
        embedded = done;
        if (done === 20) controller.abort(reason);
      };
      const options = { progressCallback, signal: controller.signal };
      await expect(call(embedding, options)).rejects.toBe(reason);
      expect(embedded).toBe(20);
      expect(await embedding.getTextEmbedding("Mars")).toHaveLength(768);
    });

    it("of the embedding's signal stops the load", async () => {
      const embedding = new EmbeddingGemmaEmbedding({ model, signal: AbortSignal.abort(reason) });
      await expect(embedding.getTextEmbedding("Mars")).rejects.toBe(reason);
    });
  });

  it("reports all progress of documents to onEncodeProgress", async () => {
    const seen: number[] = [];
    const embedding = new EmbeddingGemmaEmbedding({
      embedder,
      batchSize: 1,
      onEncodeProgress: ({ done, total }) => seen.push(done, total),
    });
    await embedding([new TextNode({ text: "one" }), new TextNode({ text: "two" })]);
    await embedding.getTextEmbeddings(["one"]);
    await embedding.encodeTexts(["one"]);
    expect(seen).toEqual([1, 2, 2, 2, 1, 1, 1, 1]);
  });

  it("rejects what is no node, by its position", async () => {
    const embedding = new EmbeddingGemmaEmbedding({ embedder });
    const node = new TextNode({ text: "Mars" });
    for (const other of [undefined, null, "Mars", { text: "Mars" }, { pageContent: "Mars" }]) {
      await expect(embedding([node, other as never])).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/^nodes\[1\] must be a node of LlamaIndex, such as a /),
      });
    }
    expect(node.embedding).toBeUndefined();
  });

  it("logs nothing by default", async () => {
    const lines: unknown[] = [];
    const logger = { log: (line: unknown) => lines.push(line), error: () => {}, warn: () => {} };
    await new EmbeddingGemmaEmbedding({ embedder }).getTextEmbeddingsBatch(["one"], { logger });
    expect(lines).toEqual([]);
  });

  it("provides its tokenizer to a splitter", async () => {
    const embedding = new EmbeddingGemmaEmbedding({ embedder });
    const tokenizer = await embedding.tokenizer();
    const text = "The planet Mars is red. ".repeat(40);
    expect(tokenizer.decode(tokenizer.encode("The planet Mars"))).toBe("The planet Mars");
    const splitter = new SentenceSplitter({ chunkSize: 64, chunkOverlap: 0, tokenizer });
    const chunks = splitter.splitText(text);
    expect(chunks.length).toBeGreaterThan(1);
    for (const chunk of chunks)
      expect(embedder.tokenizer.encode(chunk).length).toBeLessThanOrEqual(64);
  });

  it("works as Settings.embedModel", async () => {
    const embedding = new EmbeddingGemmaEmbedding({ embedder });
    Settings.embedModel = embedding;
    expect(Settings.embedModel).toBe(embedding);
  });

  it("applies truncateDim and other prompts", async () => {
    const embedding = new EmbeddingGemmaEmbedding({
      embedder,
      truncateDim: 256,
      queryPrompt: { promptName: "STS" },
      documentPrompt: { prompt: "" },
    });
    const sts = await embedder.encode("Mars", { promptName: "STS", truncateDim: 256 });
    expect(await embedding.getQueryEmbedding({ type: "text", text: "Mars" })).toEqual(
      Array.from(sts),
    );
    const verbatim = await embedder.encode("Mars", { prompt: "", truncateDim: 256 });
    expect(await embedding.getTextEmbedding("Mars")).toEqual(Array.from(verbatim));
  });

  it("loads with the first text, and again after dispose", async () => {
    const embedding = new EmbeddingGemmaEmbedding({ model });
    const vector = await embedding.getTextEmbedding("Mars");
    await embedding.dispose();
    expect(await embedding.getTextEmbedding("Mars")).toEqual(vector);
    await embedding.dispose();
  });

  it.each([
    [{ model: 7 }, "INVALID_ARGUMENT"],
    [{ dtype: "q7" }, "INVALID_ARGUMENT"],
    [{ embedder: "tiny" }, "INVALID_ARGUMENT"],
    [{ queryPrompt: "STS" }, "INVALID_ARGUMENT"],
    [{ documentPrompt: {} }, "INVALID_ARGUMENT"],
  ])("rejects %j in the constructor", (params, code) => {
    expect(() => new EmbeddingGemmaEmbedding(params as never)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it.each([
    [{ titleKey: 7 }, "titleKey must be a string; 7 was given."],
    [{ titelKey: "name" }, "There is no option `titelKey`. Did you mean `titleKey`?"],
    [
      { verbosity: 1 },
      expect.stringMatching(
        /^There is no option `verbosity`. The options are .*titleKey, .*dtype, /,
      ),
    ],
    [{ trunkateDim: 256 }, "There is no option `trunkateDim`. Did you mean `truncateDim`?"],
    [{ onProgress: () => {} }, "The option `onProgress` is now called `onDownloadProgress`."],
    [null, "options must be an object; null was given."],
  ])("says what is wrong with %j", (params, message) => {
    expect(() => new EmbeddingGemmaEmbedding(params as never)).toThrow(
      expect.objectContaining({ name: "EmbeddingGemmaError", code: "INVALID_ARGUMENT", message }),
    );
  });

  it("takes a query as a text too, and rejects anything else", async () => {
    const embedding = new EmbeddingGemmaEmbedding({ embedder });
    expect(await embedding.getQueryEmbedding("Mars" as never)).toEqual(
      await embedding.getQueryEmbedding({ type: "text", text: "Mars" }),
    );
    for (const query of [undefined, 7, ["Mars"], { text: "Mars" }, { type: "text", text: 7 }]) {
      await expect(embedding.getQueryEmbedding(query as never)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    }
  });

  it("rejects texts that are no strings, by their position", async () => {
    const embedding = new EmbeddingGemmaEmbedding({ embedder });
    const refused = (message: string) => ({ code: "INVALID_ARGUMENT", message });
    for (const text of [7, null, ["Mars"], { text: "Mars" }]) {
      await expect(embedding.getTextEmbedding(text as never)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/^text must be a string; .* was given\.$/),
      });
    }
    await expect(embedding.getTextEmbeddings(["a", null as never])).rejects.toMatchObject(
      refused("texts[1] must be a string; null was given."),
    );
    await expect(embedding.getTextEmbeddingsBatch([{ text: "a" } as never])).rejects.toMatchObject(
      refused("texts[0] must be a string; an object (Object) was given."),
    );
  });

  it("rejects one text or node in place of an array", async () => {
    const embedding = new EmbeddingGemmaEmbedding({ embedder });
    const error = {
      code: "INVALID_ARGUMENT",
      message: 'texts must be an array of texts; "Mars" was given.',
    };
    await expect(embedding.getTextEmbeddings("Mars" as never)).rejects.toMatchObject(error);
    await expect(embedding.getTextEmbeddingsBatch("Mars" as never)).rejects.toMatchObject(error);
    await expect(embedding(new TextNode({ text: "Mars" }) as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "nodes must be an array of nodes; an object (TextNode) was given.",
    });
  });
});
