import { Embedder, EmbeddingGemmaError } from "@embeddinggemma/core";
import { modelPath as model } from "@embeddinggemma/tiny-model";
import { Document } from "@langchain/core/documents";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EmbeddingServer } from "../../core/test-support/embedding-server.ts";
import { testBackend, testEmbedder } from "../../core/test-support/test-embedder.ts";
import { EmbeddingGemmaEmbeddings } from "./embeddings.ts";

describe("EmbeddingGemmaEmbeddings", () => {
  let embedder: Embedder;
  beforeAll(async () => {
    embedder = await Embedder.load(model);
  });
  afterAll(() => embedder.dispose());

  it("gives queries the query prompt and documents the document prompt", async () => {
    const embeddings = new EmbeddingGemmaEmbeddings({ embedder });
    expect(await embeddings.embedQuery("Mars")).toEqual(
      Array.from(await embedder.encodeQuery("Mars")),
    );
    const [mars, venus] = await embeddings.embedDocuments(["Mars", "Venus"]);
    expect([mars, venus]).toEqual(plain(await embedder.encodeDocument(["Mars", "Venus"])));
    expect(mars).not.toEqual(await embeddings.embedQuery("Mars"));
  });

  it("with a url, embeds on a server", async () => {
    const { prompts, dimension } = embedder;
    const served = { prompts, dimension, maxRetries: 1, maxConcurrency: 2 };
    await using server = await EmbeddingServer.start(embedder);
    const embeddings = new EmbeddingGemmaEmbeddings({ url: server.url, ...served });
    expect(server.requests).toEqual([]);
    const texts = ["Mars", "Venus"];
    expect(await embeddings.embedDocuments(texts)).toEqual(
      plain(await embedder.encodeDocument(texts)),
    );
    server.misbehave = (_request, response) => Boolean(response.writeHead(500).end());
    await expect(embeddings.embedQuery("Neptune")).rejects.toMatchObject({
      code: "SERVER_FAILED",
      details: { attempts: 2 },
    });
    await embeddings.dispose();
  });

  it("loads the model with the first text, once for concurrent calls", async () => {
    const embeddings = new EmbeddingGemmaEmbeddings({ model });
    const [first, second] = await Promise.all([embeddings.load(), embeddings.load()]);
    expect(first).toBe(second);
    const vector = await embeddings.embedQuery("Mars");
    expect(vector).toEqual(Array.from(await embedder.encodeQuery("Mars")));
    await embeddings.dispose();
    expect(await embeddings.embedQuery("Mars")).toEqual(vector);
    await embeddings.dispose();
  });

  it("simultaneous calls share batches, unless maxConcurrency limits them", async () => {
    const backend = testBackend();
    const counting = testEmbedder(backend);
    const rows = () => backend.batches.splice(0).map((batch) => batch.rows);
    const texts = ["Mars", "Venus", "Neptune"];
    const embedAll = (embeddings: EmbeddingGemmaEmbeddings) =>
      Promise.all(texts.map((text) => embeddings.embedDocuments([text])));
    const together = await embedAll(new EmbeddingGemmaEmbeddings({ embedder: counting }));
    expect(rows()).toEqual([3]);
    const limited = new EmbeddingGemmaEmbeddings({ embedder: counting, maxConcurrency: 1 });
    expect(await embedAll(limited)).toEqual(together);
    expect(rows()).toEqual([1, 1, 1]);
  });

  it("does not dispose an embedder that was passed in", async () => {
    const embeddings = new EmbeddingGemmaEmbeddings({ embedder });
    await embeddings.dispose();
    expect(await embeddings.embedQuery("Mars")).toHaveLength(768);
  });

  it("applies truncateDim and normalize, also to an embedder that was passed in", async () => {
    const short = new EmbeddingGemmaEmbeddings({ embedder, truncateDim: 128 });
    const raw = new EmbeddingGemmaEmbeddings({ model, truncateDim: 128, normalize: false });
    const [unit, unnormalized] = [await short.embedQuery("Mars"), await raw.embedQuery("Mars")];
    expect(unit).toEqual(Array.from(await embedder.encodeQuery("Mars", { truncateDim: 128 })));
    expect(Math.hypot(...unit)).toBeCloseTo(1, 5);
    expect(Math.hypot(...unnormalized)).toBeLessThan(0.99);
    await raw.dispose();
  });

  it("puts titles of documents into the prompt, from the metadata key titleKey", async () => {
    const documents = [
      new Document({ pageContent: "is red.", metadata: { title: "Mars", name: "Ares" } }),
      new Document({ pageContent: "is red.", metadata: { title: 4 } }),
      new Document({ pageContent: "is red." }),
    ];
    const vectors = await new EmbeddingGemmaEmbeddings({ embedder }).embedTitledDocuments(
      documents,
    );
    const mars = { title: "Mars", text: "is red." };
    expect(vectors).toEqual(plain(await embedder.encodeDocument([mars, "is red.", "is red."])));
    const renamed = await new EmbeddingGemmaEmbeddings({
      embedder,
      titleKey: "name",
    }).embedTitledDocuments(documents);
    const ares = { title: "Ares", text: "is red." };
    expect(renamed).toEqual(plain(await embedder.encodeDocument([ares, "is red.", "is red."])));
    expect(vectors[0]).not.toEqual(renamed[0]);
  });

  it("uses other prompts, by name or by text", async () => {
    const embeddings = new EmbeddingGemmaEmbeddings({
      embedder,
      queryPrompt: { promptName: "InstructionRetrieval" },
      documentPrompt: { prompt: "" },
    });
    const code = await embedder.encode("sort a list", { promptName: "InstructionRetrieval" });
    expect(await embeddings.embedQuery("sort a list")).toEqual(Array.from(code));
    const verbatim = await embedder.encode("list.sort()", { prompt: "" });
    expect(await embeddings.embedDocuments(["list.sort()"])).toEqual([Array.from(verbatim)]);
  });

  it("counts the tokens of a text without special tokens", async () => {
    const { countTokens } = new EmbeddingGemmaEmbeddings({ embedder });
    expect(await countTokens("")).toBe(0);
    expect((await countTokens("a red planet")) + 2).toBe(
      await embedder.countTokens("a red planet", { prompt: "" }),
    );
  });

  it("reports progress", async () => {
    const seen: number[] = [];
    const embeddings = new EmbeddingGemmaEmbeddings({
      embedder,
      onEncodeProgress: ({ done }) => seen.push(done),
    });
    await embeddings.embedDocuments(["one", "two", "three"]);
    expect(seen.at(-1)).toBe(3);
    const documents = [new Document({ pageContent: "one" })];
    let done = 0;
    const onProgress = (progress: { done: number }) => {
      done = progress.done;
    };
    await embeddings.encodeTitledDocuments(documents, { onProgress });
    expect([seen.at(-1), done]).toEqual([1, 1]);
  });

  it("returns no vectors for no documents", async () => {
    expect(await new EmbeddingGemmaEmbeddings({ embedder }).embedDocuments([])).toEqual([]);
  });

  it("fails without retries, and tries again on the next call", async () => {
    const fields = { model: "./no/such/folder", localFilesOnly: true };
    // LangChain's own default is six retries, so undefined must not reach it.
    const embeddings = new EmbeddingGemmaEmbeddings({ ...fields, maxRetries: undefined as never });
    const started = performance.now();
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await embeddings.embedDocuments(["Mars"]).catch((reason: unknown) => reason);
      expect(EmbeddingGemmaError.isInstance(error)).toBe(true);
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it.each([
    [{ model: "" }, "INVALID_ARGUMENT"],
    [{ dtype: "q7" }, "INVALID_ARGUMENT"],
    [{ truncateDim: 1.5 }, "INVALID_ARGUMENT"],
    [{ truncation: "start" }, "INVALID_ARGUMENT"],
    [{ embedder: {} }, "INVALID_ARGUMENT"],
    [{ queryPrompt: "STS" }, "INVALID_ARGUMENT"],
    [{ documentPrompt: {} }, "INVALID_ARGUMENT"],
  ])("rejects %j in the constructor", (fields, code) => {
    expect(() => new EmbeddingGemmaEmbeddings(fields as never)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it.each([
    [{ titleKey: 7 }, "titleKey must be a string; 7 was given."],
    [{ onEncodeProgress: true }, "onEncodeProgress must be a function; true was given."],
    [{ maxConcurrency: 0 }, "maxConcurrency must be a number of at least 1; 0 was given."],
    [{ maxRetries: "2" }, 'maxRetries must be a number of at least 0; "2" was given.'],
    [{ onFailedAttempt: "log" }, 'onFailedAttempt must be a function; "log" was given.'],
    [null, "options must be an object; null was given."],
    [model, /^options must be an object; ".*" was given\.$/],
    [{ tittleKey: "name" }, "There is no option `tittleKey`. Did you mean `titleKey`?"],
    [{ maxRetrys: 2 }, "There is no option `maxRetrys`. Did you mean `maxRetries`?"],
    [{ trunkateDim: 256 }, "There is no option `trunkateDim`. Did you mean `truncateDim`?"],
    [{ verbosity: 1 }, /^There is no option `verbosity`. The options are .*titleKey, .*dtype, /],
    [{ onProgress: () => {} }, "The option `onProgress` is now called `onDownloadProgress`."],
  ])("says what is wrong with %j", (fields, message) => {
    expect(() => new EmbeddingGemmaEmbeddings(fields as never)).toThrow(
      expect.objectContaining({
        name: "EmbeddingGemmaError",
        code: "INVALID_ARGUMENT",
        message: typeof message === "string" ? message : expect.stringMatching(message),
      }),
    );
  });

  it("rejects options in the constructor that do not fit the given embedder", () => {
    expect(() => new EmbeddingGemmaEmbeddings({ embedder, truncateDim: 300 })).toThrow(
      /768, 512, 256, 128/,
    );
    expect(() => new EmbeddingGemmaEmbeddings({ embedder, dtype: "q4", model })).toThrow(
      /model, dtype cannot take effect/,
    );
  });

  it("rejects one text in place of an array, and a query that is no text", async () => {
    const embeddings = new EmbeddingGemmaEmbeddings({ embedder });
    await expect(embeddings.embedDocuments("Mars" as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message:
        'documents must be an array of texts; "Mars" was given. For a query, use embedQuery.',
    });
    await expect(embeddings.embedTitledDocuments("Mars" as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: 'documents must be an array of documents; "Mars" was given.',
    });
    for (const query of [7, null, ["Mars"], { text: "Mars" }]) {
      await expect(embeddings.embedQuery(query as never)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/^The query must be a string; .* was given\.$/),
      });
    }
    await expect(embeddings.embedDocuments(["Mars", ["a"] as never])).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "documents[1] must be a string; an array of 1 was given.",
    });
    const document = new Document({ pageContent: "Mars" });
    for (const other of [null, "Venus", { text: "Venus" }]) {
      await expect(
        embeddings.embedTitledDocuments([document, other as never]),
      ).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/^documents\[1\] must be a document with pageContent; /),
      });
    }
  });
});

function plain(vectors: Float32Array[]): number[][] {
  return vectors.map((vector) => Array.from(vector));
}
